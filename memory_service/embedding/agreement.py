"""How close two embedders of one model come, over the probe set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.embedding.probe import probe_sentences

if TYPE_CHECKING:
    from memory_service.protocols import Vectors

#: What is enough.  Of random weights a high cosine says little, so that neighbours count too.
MEAN_COSINE, TOP_10 = 0.98, 0.80
_NEIGHBOURS = 10
#: So many passages, of so many sentences one after the other.
_PASSAGES, _SENTENCES = 8, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two embedders' vectors of the same texts.

    `mean_cosine` is between the two vectors of a text.  `top_10` is the share of a text's ten
    nearest others, as the one embedder sees them, that the other sees among its ten.
    """

    mean_cosine: float
    top_10: float

    @property
    def enough(self) -> bool:
        """Whether one may serve in the other's place."""
        return self.mean_cosine >= MEAN_COSINE and self.top_10 >= TOP_10


def compared_texts() -> tuple[str, ...]:
    """What embedders are compared on: the probe's sentences, and passages made of them."""
    sentences = probe_sentences()
    passages = [
        " ".join(sentences[start : start + _SENTENCES])
        for start in range(0, _PASSAGES * _SENTENCES, _SENTENCES)
    ]
    return (*sentences, *passages)


def compare(one: Vectors, other: Vectors) -> Agreement:
    """Compare vectors of the same texts, unit vectors, more than ten.  NaN agrees with nothing."""
    cosines = np.einsum("ij,ij->i", one, other)
    shared = [
        len(set(ours) & set(theirs)) / _NEIGHBOURS
        for ours, theirs in zip(_nearest(one), _nearest(other), strict=True)
    ]
    return Agreement(mean_cosine=float(cosines.mean()), top_10=float(np.mean(shared)))


def _nearest(vectors: Vectors) -> npt.NDArray[np.intp]:
    """The ten nearest others of each, in no order."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    return np.argpartition(-cosines, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
