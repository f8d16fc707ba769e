"""The canonical bytes of what a change carries; hashed into the chain and compared for equality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.store.chain import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import numpy as np

    from memory_service.model.entry import EntryDraft
    from memory_service.model.write import Passage


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def draft_payload(draft: EntryDraft) -> bytes:
    """Every field of a draft; two drafts are the same entry exactly when these bytes are equal.

    Times count with the offset they were given in: the date of an entry's key depends on it.
    """
    return canonical(
        {
            "id": draft.id,
            "text": draft.text,
            "summary": draft.summary,
            "kind": draft.kind,
            "scope": draft.scope,
            "tags": list(draft.tags),
            "metadata": dict(draft.metadata),
            "session": draft.session,
            "turn": draft.turn,
            "speaker": draft.speaker,
            "source": draft.source,
            "event_time": _time(draft.event_time),
            "expires_at": _time(draft.expires_at),
        }
    )


def settings_payload(settings: Mapping[str, str]) -> bytes:
    """The settings a change sets."""
    return canonical(dict(settings))


def vectors_payload(ordinal: int, passages: Iterable[Passage]) -> bytes:
    """The vectors as they are stored: float16, each with its span."""
    parts = [canonical(ordinal)]
    for passage in passages:
        parts.append(canonical([passage.span.start, passage.span.stop]))
        parts.append(stored_vector(passage).tobytes())
    return b"".join(parts)


def stored_vector(passage: Passage) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    """A passage's vector at the precision it is kept in."""
    return passage.vector.astype("<f2")
