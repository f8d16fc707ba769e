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
    from memory_service.store.schema import StoreIdentity


#: Of what a float16 holds, the precision vectors are stored in.
_LARGEST = float(np.finfo(np.float16).max)


def space_of(identity: StoreIdentity) -> VectorSpace:
    """What the vectors of a bound store are.

    Raises:
        ValueError: If it is not bound.
    """
    if identity.embedder is None:
        raise ValueError("no embedder is bound")
    parts = [asdict(identity.embedder), asdict(identity.versions)]
    fingerprint = hashlib.sha256(canonical(parts)).hexdigest()
    return VectorSpace(fingerprint=fingerprint, dimensions=identity.embedder.dimensions)


def check_same(held: EmbedderIdentity, wanted: EmbedderIdentity, *, empty: bool) -> None:
    """Refuse another embedder than the one that filled the store; an empty store takes any.

    Raises:
        EmbedderChangedError: If they differ and the store is not empty.
    """
    if held != wanted and not empty:
        raise EmbedderChangedError(
            f"The store was written with {_name(held)}; {_name(wanted)} is chosen. Choose the "
            "first again, or export the entries and import them into a new data folder."
        )


def _name(identity: EmbedderIdentity) -> str:
    revision = f" at {identity.revision}" if identity.revision else ""
    return f"{identity.name}{revision} ({identity.dimensions} dimensions)"


def check_passages(operations: Iterable[Operation], space: VectorSpace | None) -> None:
    """Refuse vectors that do not fit the store, before anything is written.

    Raises:
        InvalidInputError: If no embedder is bound, or a vector has another length.
        NotFiniteError: If a vector holds what is not a finite number once it is stored.
    """
    for operation in operations:
        if isinstance(operation, Put | AddVectors):
            for passage in operation.passages or ():
                _check_vector(passage.vector, space)


def _check_vector(vector: Vector, space: VectorSpace | None) -> None:
    if space is None:
        raise InvalidInputError("No embedder is bound to the store; bind one, or send no vectors.")
    if vector.shape != (space.dimensions,):
        raise InvalidInputError(
            f"A vector of shape {vector.shape} does not fit a store of {space.dimensions} "
            "dimensions; the embedder is another one."
        )
    if not (np.abs(vector) <= _LARGEST).all():
        raise NotFiniteError(
            "A vector holds NaN, infinity or a number too large to store; the embedder is at fault."
        )
