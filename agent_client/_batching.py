"""Entries in batches that one call takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent_client._encoding import entry_payload, json_bytes
from agent_client.errors import UnsendableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent_client.models import NewEntry

#: What one call takes, by `docs/http-api.md`.
MOST_ENTRIES = 256
MOST_BYTES = 8 * 2**20

_HEAD, _TAIL = b'{"entries":[', b"]}"


@dataclass(slots=True)
class Batch:
    """Encoded entries of one call."""

    pieces: list[bytes] = field(default_factory=list)
    size: int = len(_HEAD) + len(_TAIL)

    def has_room_for(self, piece: bytes) -> bool:
        """Whether the call takes one more; an empty batch takes anything, alone."""
        if not self.pieces:
            return True
        return len(self.pieces) < MOST_ENTRIES and self.size + len(piece) + 1 <= MOST_BYTES

    def add(self, piece: bytes) -> None:
        """Take it in."""
        self.size += len(piece) + bool(self.pieces)
        self.pieces.append(piece)

    def body(self) -> bytes:
        """The request's body, `size` bytes long."""
        return _HEAD + b",".join(self.pieces) + _TAIL


def one_batch(entries: Iterable[NewEntry]) -> Batch:
    """All of them in one call, however many; the service refuses too many.

    Raises:
        UnsendableError: If one cannot be sent.
    """
    batch = Batch()
    for number, entry in enumerate(entries):
        batch.add(_piece(number, entry))
    return batch


def batches(entries: Iterable[NewEntry]) -> Iterator[Batch]:
    """As few calls as the limits allow, in order; nothing for nothing.

    Raises:
        UnsendableError: If an entry cannot be sent; the batch of those before it comes first.
    """
    batch = Batch()
    for number, entry in enumerate(entries):
        try:
            piece = _piece(number, entry)
        except UnsendableError:
            if batch.pieces:
                yield batch
            raise
        if not batch.has_room_for(piece):
            yield batch
            batch = Batch()
        batch.add(piece)
    if batch.pieces:
        yield batch


def _piece(number: int, entry: NewEntry) -> bytes:
    return json_bytes(entry_payload(entry), f"/entries/{number}")
