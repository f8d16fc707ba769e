"""FAISS, and nothing but FAISS: places that no longer change, with an index over them.

The index keeps one bit per dimension (RaBitQ), in lists around centres; what it finds is an
estimate, to be scored from the vectors themselves.  One list is a scan of all codes.

Facts that shape it (measured with faiss-cpu 1.15): a search while another thread adds kills the
process, so nothing is ever added to an index that readers may hold, but to a copy of it; a
damaged file may abort the process in the deserialiser, so the caller checks the bytes before
`read`; the number of threads is a property of the calling thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import faiss
import numpy as np

from memory_service.index.vectors.halves import widened

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.vectors.places import Picks, Places
    from memory_service.index.vectors.vector_file import VectorFile
    from memory_service.model.read import Flags
    from memory_service.protocols import Vector, Vectors

#: Vectors given to FAISS at once.
_SLICE = 8_192
#: Of how many vectors of its list a centre is the mean, at most, and how often it moves.
_PER_CENTRE = 32
_ROUNDS = 8
_SEED = 1
#: Vectors that tell the centre of an index of one list.
_MEAN_OF = 16_384
#: Bits of the query in a comparison with a code.
_QUERY_BITS = 8
_NO_BITS = np.empty(0, np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sealed:
    """Places under an index; the index knows them by their number.

    `trained` is how many there were when the lists were made.
    """

    places: Places
    lists: int
    trained: int
    index: Any

    @classmethod
    def build(cls, places: Places, file: VectorFile, *, lists: int) -> Self:
        """Make lists and put the places into them: deterministic."""
        centres = _centres(places, file, lists)
        coarse = faiss.IndexFlatIP(file.dimensions)
        coarse.add(centres)
        index = faiss.IndexIVFRaBitQFastScan(
            coarse, file.dimensions, lists, faiss.METRIC_INNER_PRODUCT
        )
        index.train(centres)
        _add(index, places, file)
        return cls(places=places, lists=lists, trained=len(places), index=index)

    def extended(self, places: Places, file: VectorFile) -> Sealed:
        """A copy with these places behind the others, in the same lists."""
        index = faiss.clone_index(self.index)
        _add(index, places, file)
        return Sealed(
            places=self.places.joined(places), lists=self.lists, trained=self.trained, index=index
        )

    @classmethod
    def read(cls, file: Path, *, places: Places, trained: int) -> Self:
        """Take up what `write` wrote; the bytes must be those.

        Raises:
            OSError: If the file cannot be read.
        """
        index = _checked(faiss.read_index, str(file))
        return cls(places=places, lists=index.nlist, trained=trained, index=index)

    def write(self, file: Path) -> None:
        """Write the index; the places and their vectors are the caller's to keep.

        Raises:
            OSError: If the file cannot be written.
        """
        _checked(faiss.write_index, self.index, str(file))

    def nearest(self, query: Vector, count: int, *, probes: int, among: Flags | None) -> Picks:
        """The *count* places that seem best in the *probes* lists around the query; or fewer.

        Args:
            query: A unit vector.
            count: How many.
            probes: In how many lists to look.
            among: Which places may come out; all if `None`.
        """
        faiss.omp_set_num_threads(1)
        params = faiss.IVFRaBitQSearchParameters()
        params.nprobe, params.qb, params.centered = min(probes, self.lists), _QUERY_BITS, False
        # FAISS keeps neither the selector nor its bits: they live as long as this call.
        bits = _NO_BITS if among is None else np.packbits(among, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]  # takes an array
        if among is not None:
            params.sel = selector
        _, found = self.index.search(query[np.newaxis], count, params=params)
        picks: Picks = found[0][found[0] >= 0]
        return picks


def _centres(places: Places, file: VectorFile, lists: int) -> Vectors:
    """What the lists are around: the mean, or those of k-means over an even sample."""
    faiss.omp_set_num_threads(1)
    if lists == 1:
        sample = _even_sample(places, file, _MEAN_OF)
        mean: Vectors = sample.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
        return mean
    clustering = faiss.Kmeans(
        file.dimensions,
        lists,
        niter=_ROUNDS,
        spherical=True,
        seed=_SEED,
        min_points_per_centroid=1,
        max_points_per_centroid=_PER_CENTRE,
    )
    clustering.train(_even_sample(places, file, _PER_CENTRE * lists))
    return np.asarray(clustering.centroids, np.float32)


def _even_sample(places: Places, file: VectorFile, count: int) -> Vectors:
    chosen = np.linspace(0, len(places) - 1, min(count, len(places))).astype(np.intp)
    return widened(file.gather(places.rows[chosen]))


def _add(index: Any, places: Places, file: VectorFile) -> None:  # noqa: ANN401  FAISS has no types
    faiss.omp_set_num_threads(1)
    for start in range(0, len(places), _SLICE):
        index.add(widened(file.gather(places.rows[start : start + _SLICE])))


def _checked(call: Any, *arguments: object) -> Any:  # noqa: ANN401  FAISS has no types
    """FAISS reports a failed read or write as a bare `RuntimeError`."""
    try:
        return call(*arguments)
    except RuntimeError as error:
        raise OSError(str(error)) from error
