"""The head file: its newest whole record counts, whatever happened to the others."""

from __future__ import annotations

import errno
import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.errors import StorageError
from memory_service.model.position import Position
from memory_service.store.head import (
    HEAD_FILE,
    RECORD_BYTES,
    SLOTS,
    HeadReading,
    HeadRecord,
    begin_head,
    packed,
    read_head,
    unpacked,
)
from memory_service.store.head_file import HeadFile

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER = "00112233445566778899aabbccddeeff"


def a_record(seq: int, *, epoch: int = 1) -> HeadRecord:
    chain = hashlib.sha256(f"{epoch}:{seq}".encode()).digest()
    position = Position(epoch=epoch, seq=seq, chain=chain)
    return HeadRecord(cluster_id=CLUSTER, position=position)


def a_head(folder: Path, *, records: int) -> Path:
    """A file that was begun with record 1 and then came to *records*."""
    file = folder / HEAD_FILE
    begin_head(file, a_record(1))
    with closing(HeadFile(file, cluster_id=CLUSTER, slot=0)) as head:
        for seq in range(2, records + 1):
            head.note(a_record(seq).position)
    return file


@given(
    epoch=st.integers(0, 2**63),
    seq=st.integers(0, 2**63),
    chain=st.binary(min_size=32, max_size=32),
)
def test_a_record_comes_back_as_it_was(epoch: int, seq: int, chain: bytes) -> None:
    record = HeadRecord(cluster_id=CLUSTER, position=Position(epoch=epoch, seq=seq, chain=chain))

    assert unpacked(packed(record)) == record
    assert len(packed(record)) == RECORD_BYTES


def test_no_changed_bit_of_a_record_goes_unseen() -> None:
    whole = packed(a_record(7))

    for bit in range(8 * RECORD_BYTES):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        assert unpacked(bytes(changed)) is None


def test_no_file_is_no_head(tmp_path: Path) -> None:
    assert read_head(tmp_path / HEAD_FILE) == HeadReading(newest=None, there=False)


@pytest.mark.parametrize("records", [1, 3, SLOTS, SLOTS + 1, 2 * SLOTS + 5])
def test_the_newest_record_is_found_and_the_file_never_grows(tmp_path: Path, records: int) -> None:
    file = a_head(tmp_path, records=records)

    found = read_head(file)

    assert found == HeadReading(newest=a_record(records), slot=(records - 1) % SLOTS)
    assert file.stat().st_size == SLOTS * RECORD_BYTES


def test_a_file_cut_off_anywhere_gives_the_newest_record_before_the_cut(tmp_path: Path) -> None:
    whole = a_head(tmp_path, records=3).read_bytes()
    cut = tmp_path / "cut"

    for length in range(4 * RECORD_BYTES):
        cut.write_bytes(whole[:length])
        found, left = read_head(cut), min(length // RECORD_BYTES, 3)
        assert found.newest == (a_record(left) if left else None)
        assert found.odd


def test_a_record_torn_at_any_byte_leaves_the_one_before_it_and_is_no_damage(
    tmp_path: Path,
) -> None:
    file = a_head(tmp_path, records=3)
    whole, fourth = file.read_bytes(), packed(a_record(4))

    for length in range(1, RECORD_BYTES):
        start = 3 * RECORD_BYTES
        file.write_bytes(whole[:start] + fourth[:length] + whole[start + length :])
        assert read_head(file) == HeadReading(newest=a_record(3), slot=2)


def test_a_bit_flipped_anywhere_is_said_and_costs_that_record_alone(tmp_path: Path) -> None:
    """But where the next record would go: there it cannot be told from one that was torn."""
    file = a_head(tmp_path, records=3)
    whole = file.read_bytes()

    for place in range(6 * RECORD_BYTES):
        changed = bytearray(whole)
        changed[place] ^= 4
        file.write_bytes(changed)
        found, slot = read_head(file), place // RECORD_BYTES
        assert found.newest == a_record(2 if slot == 2 else 3)
        assert found.odd == (0 if slot in (2, 3) else 1)


def test_a_later_epoch_is_newer_whatever_its_numbers(tmp_path: Path) -> None:
    file = a_head(tmp_path, records=3)
    with closing(HeadFile(file, cluster_id=CLUSTER, slot=2)) as head:
        head.note(a_record(1, epoch=2).position)

    assert read_head(file).newest == a_record(1, epoch=2)


def test_what_was_noted_is_synced_before_it_is_closed(tmp_path: Path) -> None:
    synced: list[int] = []
    begin_head(tmp_path / HEAD_FILE, a_record(1))

    with closing(
        HeadFile(tmp_path / HEAD_FILE, cluster_id=CLUSTER, slot=0, sync=synced.append)
    ) as head:
        head.note(a_record(2).position)

    assert synced


def test_after_a_failed_sync_nothing_more_is_noted(tmp_path: Path) -> None:
    """What was not synced may be gone, so nobody may rely on what comes after."""

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    begin_head(tmp_path / HEAD_FILE, a_record(1))
    head = HeadFile(tmp_path / HEAD_FILE, cluster_id=CLUSTER, slot=0, seconds=60, sync=fail)
    head.note(a_record(2).position)
    head.sync()

    with closing(head), pytest.raises(StorageError, match="restart"):
        head.note(a_record(3).position)
