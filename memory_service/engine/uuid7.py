"""Ids for entries that come without one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: How many random bytes one id takes.
RANDOM_BYTES = 10


def uuid7(now: datetime, random: bytes) -> str:
    """A version 7 UUID (RFC 9562 §5.7): milliseconds since 1970, then random bits.

    Ids of later milliseconds sort later; within one millisecond the order is random.

    Args:
        now: An aware time, from 1970 on.
        random: `RANDOM_BYTES` bytes; six of their eighty bits give way to version and variant.

    Raises:
        ValueError: If *random* has another length.
    """
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"uuid7 takes {RANDOM_BYTES} random bytes, not {len(random)}")
    milliseconds = int(now.timestamp() * 1000)
    bits = (milliseconds << 80) | int.from_bytes(random)
    versioned = (bits & ~(0xF << 76)) | (0x7 << 76)
    return str(uuid.UUID(int=(versioned & ~(0x3 << 62)) | (0x2 << 62)))
