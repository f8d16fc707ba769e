"""Values for tests, complete but for what the test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.model.entry import Entry, EntryDraft, Span, contextual_key
from memory_service.model.write import Operation, Passage, Put, WriteRequest
from tests.support.clock import START

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.model.write import Idempotency
    from memory_service.protocols import Vector

#: Length of the vectors built here.
DIMENSIONS = 16


def a_draft(id: str = "a", text: str = "The launch moved to June.", **fields: Any) -> EntryDraft:
    """A draft; *fields* are those of `EntryDraft`."""
    return EntryDraft(id=id, text=text, **fields)


def an_entry(
    id: str = "a",
    text: str = "The launch moved to June.",
    *,
    namespace: str = "ns",
    ordinal: int = 1,
    version: int = 1,
    created_at: datetime = START,
    updated_at: datetime = START,
    embedded: bool = True,
    **fields: Any,
) -> Entry:
    """A stored entry; further *fields* are those of `EntryDraft`."""
    return Entry(
        namespace=namespace,
        draft=a_draft(id, text, **fields),
        ordinal=ordinal,
        version=version,
        created_at=created_at,
        updated_at=updated_at,
        embedded=embedded,
    )


def a_vector(seed: int, dimensions: int = DIMENSIONS) -> Vector:
    """A random unit vector, the same for the same seed."""
    vector = np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def passages_of(
    draft: EntryDraft, *seeds: int, dimensions: int = DIMENSIONS
) -> tuple[Passage, ...]:
    """Passages with a vector per seed; they share the key's body between them."""
    length = len(contextual_key(draft).body)
    borders = np.linspace(0, length, len(seeds) + 1).astype(int).tolist()
    return tuple(
        Passage(span=Span(start=start, stop=stop), vector=a_vector(seed, dimensions))
        for seed, start, stop in zip(seeds, borders, borders[1:], strict=False)
    )


def a_put(
    id: str = "a", text: str = "The launch moved to June.", *, seed: int | None = 1, **fields: Any
) -> Put:
    """A put with one passage (none when *seed* is `None`).

    *fields* are those of `Put` and of `EntryDraft`.
    """
    own = {name: fields.pop(name) for name in _PUT_FIELDS if name in fields}
    draft = a_draft(id, text, **fields)
    passages = None if seed is None else passages_of(draft, seed)
    return Put(draft=draft, passages=passages, **own)


_PUT_FIELDS = ("on_conflict", "collapse", "if_version", "created_at")


def a_write(
    *operations: Operation,
    namespace: str = "ns",
    now: datetime = START,
    idempotency: Idempotency | None = None,
    atomic: bool = False,
) -> WriteRequest:
    """A write of these operations."""
    return WriteRequest(
        namespace=namespace,
        operations=operations,
        now=now,
        idempotency=idempotency,
        atomic=atomic,
    )
