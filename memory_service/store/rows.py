"""Entries, changes and receipts from rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from memory_service.model.entry import Entry, EntryDraft
from memory_service.model.position import Position
from memory_service.model.read import Change, ChangeKind
from memory_service.model.write import Outcome, OutcomeStatus, Receipt
from memory_service.store.catalogue.receipts import Remembered
from memory_service.store.payload import from_instant

if TYPE_CHECKING:
    from collections.abc import Sequence


def remembered_from(row: Sequence[Any]) -> Remembered:
    """A receipt from its body digest, its text and its time."""
    body_digest, text, at = row
    parsed = json.loads(text)
    receipt = Receipt(
        outcomes=tuple(_outcome(outcome) for outcome in parsed["outcomes"]),
        position=Position.parse(parsed["position"]),
    )
    return Remembered(body_digest, receipt, at)


def _outcome(fields: dict[str, Any]) -> Outcome:
    status, duplicates = OutcomeStatus(fields["status"]), tuple(fields["duplicate_of"])
    return Outcome(**{**fields, "status": status, "duplicate_of": duplicates})


def change_from(row: Sequence[Any]) -> Change:
    """A change from the columns of `select_changes`."""
    epoch, seq, chain, digest, kind, namespace, id, previous, at = row
    return Change(
        position=Position(epoch=epoch, seq=seq, chain=chain),
        kind=ChangeKind(kind),
        namespace=namespace,
        id=id,
        previous=previous,
        at=from_instant(at),
        digest=digest,
    )


def entry_from(row: Sequence[Any], *, namespace: str, embedded: bool) -> Entry:
    """An entry from the columns of `ENTRY_COLUMNS`."""
    values = dict(zip(ENTRY_COLUMNS, row, strict=True))
    expires_at, event_time = values["expires_at"], values["event_time"]
    draft = EntryDraft(
        **{name: values[name] for name in _SAME},
        tags=tuple(values["tags"]),
        metadata=json.loads(values["metadata"]),
        event_time=datetime.fromisoformat(event_time) if event_time else None,
        expires_at=None if expires_at is None else from_instant(expires_at),
    )
    return Entry(
        namespace=namespace,
        draft=draft,
        ordinal=values["seq"],
        version=values["version"],
        created_at=from_instant(values["created_at"]),
        updated_at=from_instant(values["updated_at"]),
        embedded=embedded,
    )


_SAME = ("id", "text", "summary", "kind", "scope", "session", "turn", "speaker", "source")

#: What `entry_from` wants to have selected, in this order.
ENTRY_COLUMNS = (
    "seq",
    "version",
    *_SAME,
    "tags",
    "metadata",
    "event_time",
    "created_at",
    "updated_at",
    "expires_at",
)
