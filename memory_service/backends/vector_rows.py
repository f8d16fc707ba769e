"""Vectors on their way from the store to the indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from memory_service.index.vectors.halves import HALF
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from memory_service.index.vectors.halves import Halves
    from memory_service.model.read import Flags, Ordinals, Parts
    from memory_service.store.connection import Database, Session
    from memory_service.store.records import VectorsRow

#: Changes looked at at once: their vectors fit into memory.
_WINDOW = 16_384


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrived:
    """Vectors with their namespace, ordinal and part; those of one ordinal beside each other."""

    numbers: npt.NDArray[np.int64]
    ordinals: Ordinals
    parts: Parts
    halves: Halves

    def where(self, flags: Flags) -> Arrived:
        """Some of them alone."""
        if flags.all():
            return self
        return Arrived(
            numbers=self.numbers[flags],
            ordinals=self.ordinals[flags],
            parts=self.parts[flags],
            halves=self.halves[flags],
        )


def arrived_of(rows: Iterable[VectorsRow]) -> Arrived | None:
    """The vectors of a commit, as they were stored; `None` if there are none."""
    passages = [
        (row.number, row.ordinal, part, passage.vector)
        for row in rows
        for part, passage in enumerate(row.passages)
    ]
    if not passages:
        return None
    numbers, ordinals, parts, vectors = zip(*passages, strict=True)
    return Arrived(
        numbers=np.array(numbers, np.int64),
        ordinals=np.array(ordinals, np.int64),
        parts=np.array(parts, np.int32),
        halves=np.stack(vectors).astype(HALF),
    )


def embedded(session: Session, until: int, *, coming: bool = False) -> Ordinals:
    """The live versions whose vectors came up to a change; *coming*: of the model to come."""
    name = "select_with_next_vectors" if coming else "select_with_vectors"
    found = session.columns(statement(name), {"after": until})
    return found["entry"].astype(np.int64)


def new_vectors(
    session: Session, after: int, until: int, dimensions: int, *, coming: bool = False
) -> Iterator[Arrived]:
    """The vectors of live versions that came after a change and up to another, in order."""
    name = "select_next_vectors" if coming else "select_vectors"
    for start in range(after, until, _WINDOW):
        limits = {"after": start, "until": min(start + _WINDOW, until)}
        rows = session.rows(statement(name), limits)
        if rows:
            numbers, ordinals, parts, vectors = zip(*rows, strict=True)
            yield Arrived(
                numbers=np.array(numbers, np.int64),
                ordinals=np.array(ordinals, np.int64),
                parts=np.array(parts, np.int32),
                halves=_halves(vectors, dimensions),
            )


def fetch_vectors(
    database: Database, ordinals: Ordinals, parts: Parts, *, dimensions: int, coming: bool = False
) -> Halves:
    """The stored vectors of these ordinals and parts; zeros for what is no more."""
    name = "select_next_vectors_of" if coming else "select_vectors_of"
    found: dict[tuple[Any, Any], bytes] = {
        (entry, part): vector
        for entry, part, vector in database.rows(statement(name), {"ordinals": ordinals.tolist()})
    }
    nothing = bytes(dimensions * HALF.itemsize)
    wanted = zip(ordinals.tolist(), parts.tolist(), strict=True)
    return _halves([found.get(pair, nothing) for pair in wanted], dimensions)


def _halves(vectors: Sequence[bytes], dimensions: int) -> Halves:
    return np.frombuffer(b"".join(vectors), HALF).reshape(len(vectors), dimensions)
