"""The rows of a stretch of the log, as what they say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index.vectors.halves import HALF
from memory_service.model.entry import Span
from memory_service.model.write import Passage
from memory_service.store.rows import ENTRY_COLUMNS, entry_from
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.model.entry import Entry
    from memory_service.store.connection import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """A version's row; `length` counts the terms of its key, `alive` as far as tombstones say."""

    entry: Entry
    number: int
    nonce: bytes
    draft_hash: bytes
    length: int
    alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVectors:
    """The passages that one change brought, by part, and their nonce."""

    nonce: bytes
    passages: tuple[Passage, ...]


def entries_between(database: Database, after: int, until: int) -> dict[int, StoredEntry]:
    """Every version with a row that was written after one change and up to another."""
    bounds = {"after": after, "until": until}
    found = {}
    for row in database.rows(statement("verify_entries"), bounds):
        columns, (number, nonce, draft_hash, length, alive) = (
            row[: len(ENTRY_COLUMNS)],
            row[len(ENTRY_COLUMNS) :],
        )
        entry = entry_from(columns, namespace="", embedded=False)
        found[entry.ordinal] = StoredEntry(
            entry=entry,
            number=number,
            nonce=nonce,
            draft_hash=draft_hash,
            length=length,
            alive=alive,
        )
    return found


def vectors_between(database: Database, after: int, until: int) -> Mapping[int, StoredVectors]:
    """Passages by the change that brought them."""
    bounds = {"after": after, "until": until}
    passages: defaultdict[int, list[Passage]] = defaultdict(list)
    nonces: dict[int, bytes] = {}
    for seq, start, stop, nonce, x in database.rows(statement("verify_vectors"), bounds):
        vector = np.frombuffer(x, HALF).astype(np.float32)
        passages[seq].append(Passage(span=Span(start=start, stop=stop), vector=vector))
        nonces[seq] = nonce
    return {
        seq: StoredVectors(nonce=nonces[seq], passages=tuple(found))
        for seq, found in passages.items()
    }
