"""How a live version stands in memory and in the catalogue's file: 152 bytes and its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.store.catalogue.slot import Slot

if TYPE_CHECKING:
    from memory_service.store.catalogue.slot import Traits

    RowNumbers = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.void]

#: What an entry without a turn sorts as: before every turn.
NO_TURN = -(2**63)
#: The expiry of what never expires, and of what is forgotten.
NEVER = 2**63 - 1
GONE = -(2**63)
#: No row, no session, no speaker.
NONE = -1

#: An entry.  `before` and `after` are rows of its namespace, `expires` and `created` instants;
#: `day` counts from 1970-01-01 (NaN if unknown), `written` is in seconds since then.
ROW = np.dtype(
    [
        ("first_seq", np.int64),
        ("last_seq", np.int64),
        ("turn", np.int64),
        ("expires", np.int64),
        ("created", np.int64),
        ("written", np.float64),
        ("day", np.float32),
        ("session", np.int32),
        ("speaker", np.int32),
        ("length", np.int32),
        ("before", np.int32),
        ("after", np.int32),
        ("version", np.int32),
        ("passages", np.int32),
        ("asks", np.bool_),
    ],
    align=True,
)
#: Beside it: what only the writer asks for.
HASHES = np.dtype([("content", "V32"), ("draft", "V32")])

#: What is known of an unknown entry.
UNKNOWN = np.array(
    (0, 0, NO_TURN, GONE, 0, np.nan, np.nan, NONE, NONE, 0, NONE, NONE, 0, 0, False), ROW
)


def row_values(slot: Slot, traits: Traits, session: int, speaker: int) -> tuple[object, ...]:
    """The values of `ROW`, not linked yet."""
    return (
        slot.first_seq,
        slot.last_seq,
        NO_TURN if traits.turn is None else traits.turn,
        NEVER if slot.expires_at is None else slot.expires_at,
        slot.created_at,
        traits.written,
        np.nan if traits.day is None else traits.day,
        session,
        speaker,
        slot.length,
        NONE,
        NONE,
        slot.version,
        slot.passages,
        traits.asks,
    )


def slot_of(row: np.void, *, id: str, ordinal: int, content: bytes, draft: bytes) -> Slot | None:
    """The slot that *row* tells of; `None` if it is gone."""
    first, last, _, expires, created, *_, length, _, _, version, passages, _ = row.item()
    if expires == GONE:
        return None
    return Slot(
        id=id,
        ordinal=ordinal,
        first_seq=first,
        last_seq=last,
        version=version,
        content_hash=content,
        draft_hash=draft,
        length=length,
        created_at=created,
        expires_at=None if expires == NEVER else expires,
        passages=passages,
    )
