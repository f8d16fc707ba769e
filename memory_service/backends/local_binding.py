"""Which embedder fills a store, and which vectors it takes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.local_vectors import VectorSpace
from memory_service.errors import EmbedderChangedError, InvalidInputError, NotFiniteError
from memory_service.model.write import AddVectors, Put
from memory_service.store.chain import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.model.write import Operation
    from memory_service.protocols import EmbedderIdentity, Vector
    from memory_service.store.schema import TextVersions


#: Of what a float16 holds, the precision vectors are stored in.
_LARGEST = float(np.finfo(np.float16).max)


def space_of(embedder: EmbedderIdentity, versions: TextVersions) -> VectorSpace:
    """What the vectors of an embedder are in a store of these versions."""
    fingerprint = hashlib.sha256(canonical([asdict(embedder), asdict(versions)])).hexdigest()
    return VectorSpace(fingerprint=fingerprint, dimensions=embedder.dimensions)


def check_same(held: EmbedderIdentity, wanted: EmbedderIdentity, *, empty: bool) -> None:
    """Refuse another embedder than the one that filled the store; an empty store takes any.

    Raises:
        EmbedderChangedError: If they differ and the store is not empty.
    """
    if held != wanted and not empty:
        raise EmbedderChangedError(
            f"The store was written with {_name(held)}; {_name(wanted)} is chosen. Run "
            f"`memory-service reembed --model {_argument(wanted)}` to let it take over (nothing is "
            "lost, and the store is served meanwhile), or choose the first again."
        )


def _argument(identity: EmbedderIdentity) -> str:
    """What chooses an embedder on the command line; one without weights by its dimensions."""
    return identity.name if identity.sha256 else f"{identity.name}-{identity.dimensions}"


def _name(identity: EmbedderIdentity) -> str:
    revision = f" at {identity.revision}" if identity.revision else ""
    return f"{identity.name}{revision} ({identity.dimensions} dimensions)"


def check_passages(
    operations: Iterable[Operation], held: EmbedderIdentity | None, coming: EmbedderIdentity | None
) -> None:
    """Refuse vectors that do not fit the store, before anything is written.

    Those that say they are of a model which neither serves nor is to serve pass: they are not
    kept, and their entries wait.

    Raises:
        InvalidInputError: If no embedder is bound, or a vector has another length.
        NotFiniteError: If a vector holds what is not a finite number once it is stored.
    """
    for operation in operations:
        if isinstance(operation, Put | AddVectors):
            for passage in operation.passages or ():
                if coming is not None and passage.space == coming.space:
                    _check_vector(passage.vector, coming)
                elif held is None or passage.space in ("", held.space):
                    _check_vector(passage.vector, held)


def _check_vector(vector: Vector, embedder: EmbedderIdentity | None) -> None:
    if embedder is None:
        raise InvalidInputError("No embedder is bound to the store; bind one, or send no vectors.")
    if vector.shape != (embedder.dimensions,):
        raise InvalidInputError(
            f"A vector of shape {vector.shape} does not fit a store of {embedder.dimensions} "
            "dimensions; the embedder is another one."
        )
    if not (np.abs(vector) <= _LARGEST).all():
        raise NotFiniteError(
            "A vector holds NaN, infinity or a number too large to store; the embedder is at fault."
        )
