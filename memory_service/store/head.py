"""The head file: how far the log had come, kept beside the database and apart from its log.

DuckDB opens a file whose log is gone or begins with garbage without a word, with fewer rows.  So
every commit leaves a record here too, after it and before it is acknowledged.  A database that is
behind the head has lost changes; one that is ahead of it was killed between the two.

The file has a fixed size: a ring of records, each written over the oldest.  It never grows, and a
disk that is full does not keep one from being written.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xxhash

from memory_service.durable import replace_file
from memory_service.model.position import Position

if TYPE_CHECKING:
    from pathlib import Path

#: The file's name, beside the database.
HEAD_FILE = "head"
#: Bytes of a record; none crosses a disk's sector.
RECORD_BYTES = 128
#: Records in the file.
SLOTS = 512

_LAYOUT = struct.Struct("<8sQQ32s16s40x")
_MAGIC = b"mshead01"
_EMPTY = bytes(RECORD_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRecord:
    """The last change of a store that was committed; *cluster_id* names the store, in hex."""

    cluster_id: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadReading:
    """What a head file says.

    Args:
        newest: The record of the highest position; `None` without any that proves itself.
        slot: Where it stands; -1 without one.
        odd: Records that do not prove themselves or are missing.  One cut short by a power loss,
            right behind the newest, is not counted.
        there: Whether there is a file.
    """

    newest: HeadRecord | None
    slot: int = -1
    odd: int = 0
    there: bool = True


def packed(record: HeadRecord) -> bytes:
    """The bytes of a record, with their checksum."""
    position = record.position
    body = _LAYOUT.pack(
        _MAGIC, position.epoch, position.seq, position.chain, bytes.fromhex(record.cluster_id)
    )
    return body + xxhash.xxh3_128_digest(body)


def unpacked(data: bytes) -> HeadRecord | None:
    """The record in these bytes; `None` if they do not prove themselves."""
    body, checksum = data[: _LAYOUT.size], data[_LAYOUT.size :]
    if len(data) != RECORD_BYTES or xxhash.xxh3_128_digest(body) != checksum:
        return None
    magic, epoch, seq, chain, cluster = _LAYOUT.unpack(body)
    if magic != _MAGIC:
        return None
    return HeadRecord(
        cluster_id=cluster.hex(), position=Position(epoch=epoch, seq=seq, chain=chain)
    )


def read_head(file: Path) -> HeadReading:
    """What *file* says; it may be missing, cut off or damaged anywhere.

    Raises:
        OSError: If it is there and cannot be read.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return HeadReading(newest=None, there=False)
    slots = [data[start : start + RECORD_BYTES] for start in _starts()]
    found = {slot: record for slot, each in enumerate(slots) if (record := unpacked(each))}
    odd = {slot for slot, each in enumerate(slots) if each != _EMPTY and slot not in found}
    if not found:
        return HeadReading(newest=None, odd=len(odd))
    newest = max(found, key=lambda slot: _order(found[slot]))
    return HeadReading(newest=found[newest], slot=newest, odd=len(odd - {slot_after(newest)}))


def slot_after(slot: int) -> int:
    """Where the next record goes."""
    return (slot + 1) % SLOTS


def begin_head(file: Path, record: HeadRecord) -> None:
    """Let the file hold *record* alone; at any moment it holds that, or what it held before.

    Raises:
        OSError: If it cannot be written.
    """
    replace_file(file, packed(record) + _EMPTY * (SLOTS - 1))


def _starts() -> range:
    return range(0, SLOTS * RECORD_BYTES, RECORD_BYTES)


def _order(record: HeadRecord) -> tuple[int, int]:
    return record.position.epoch, record.position.seq
