"""The chain that ties every change to all changes before it.

    chain(n)       = SHA-256(chain(n-1) ‖ header(n) ‖ payload digest(n))
    payload digest = SHA-256(nonce ‖ payload)

The nonce lives with the payload: once an entry is gone for good, its digest proves nothing
about what it said, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING

from memory_service.model.position import Position
from memory_service.model.read import Change, ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes of randomness beside every payload.
NONCE_BYTES = 16
#: That of a change whose payload holds nothing an entry says.
NO_NONCE = bytes(NONCE_BYTES)


_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(value: object) -> bytes:
    """The one JSON encoding of *value*: keys sorted, no spaces, UTF-8."""
    return _JSON.encode(value).encode()


def payload_digest(nonce: bytes, payload: bytes) -> bytes:
    """What the chain knows of a payload."""
    return hashlib.sha256(nonce + payload).digest()


def chain_after(before: bytes, change: Change) -> bytes:
    """The chain of *change* when it follows *before*; the chain it carries is not looked at."""
    instant = change.at.astimezone(UTC).isoformat(timespec="microseconds")
    header = canonical(
        [
            change.position.epoch,
            change.position.seq,
            str(change.kind),
            change.namespace,
            change.id,
            change.previous,
            instant,
        ]
    )
    return hashlib.sha256(before + header + change.digest).digest()


def chained(before: Position, change: Change) -> Change:
    """*change* with the chain it has after *before*."""
    epoch, seq = change.position.epoch, change.position.seq
    return Change(
        position=Position(epoch=epoch, seq=seq, chain=chain_after(before.chain, change)),
        kind=change.kind,
        namespace=change.namespace,
        id=change.id,
        previous=change.previous,
        at=change.at,
        digest=change.digest,
    )


def follows(before: Position, change: Change) -> bool:
    """Whether *change* comes right after *before*, as its number and its chain say.

    The epoch may rise with any change, as after a restore.  A change of the kind `epoch` raises
    it, and may leave numbers out: they are lost.
    """
    position, begins = change.position, change.kind is ChangeKind.EPOCH
    if position.chain != chain_after(before.chain, change):
        return False
    if begins:
        return position.epoch > before.epoch and position.seq > before.seq
    return position.epoch >= before.epoch and position.seq == before.seq + 1


def first_odd(changes: Iterable[Change], before: Position | None) -> int | None:
    """The seq of the first change that does not follow from the one before; `None` if all do.

    Args:
        changes: In order.
        before: The position before the first; `None` takes the first as it is.
    """
    for change in changes:
        if before is not None and not follows(before, change):
            return change.position.seq
        before = change.position
    return None
