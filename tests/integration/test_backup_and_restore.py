"""A store copied while it serves, and a copy put in another store's place."""

from __future__ import annotations

import io
import resource
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.restoring import finish_restore, restore
from memory_service.errors import BackupRefusedError, StorageFullError
from memory_service.model.write import Forget
from memory_service.store.known_backups import known_backups
from memory_service.store.proving import verify_chain
from tests.support.backups import backed_up, no_progress, parts_of
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.local_stores import assert_identical, fill, legs_of, opened
from tests.support.stores import assert_same_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Killed(BaseException):
    """As if the process ended here."""


def killed_at(stage: str) -> Callable[[str], None]:
    def reached(name: str) -> None:
        if name == stage:
            raise Killed

    return reached


def put_back(folder: Path, source: Path, stage: str = "") -> None:
    restore(folder, source, now=START, progress=no_progress, reached=killed_at(stage))


def test_a_restored_store_is_the_one_that_was_copied(tmp_path: Path) -> None:
    with opened(tmp_path / "live") as backend:
        fill(backend)
        before = legs_of(backend)
        backed_up(backend, tmp_path / "backup")

        put_back(tmp_path / "other", tmp_path / "backup")

        with opened(tmp_path / "other") as again:
            assert verify_chain(again._database) is None
            assert_same_state(again, backend, now=START)
            assert_identical(before, again)


def test_what_is_written_after_the_copy_is_not_in_it(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        position = backend.status().position
        copy = backend.copy()
        first = parts_of(copy)
        backend.apply(a_write(a_put("late", text="Later.")))

        assert copy.manifest.position == position
        assert parts_of(copy) == first
        assert copy.manifest.counts.entries == 10
        copy.close()
    assert list((tmp_path / "store" / "staging").iterdir()) == []


def test_a_restored_store_hands_out_no_position_twice(tmp_path: Path) -> None:
    """What the store before wrote after the backup has another epoch than what is written now."""
    with opened(tmp_path) as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
        lost = backend.apply(a_write(a_put("lost", text="After the backup."))).position
    put_back(tmp_path, tmp_path / "backup")

    with opened(tmp_path) as again:
        position = again.apply(a_write(a_put("new", text="After the restore."))).position
        assert (position.seq, position.epoch) == (lost.seq, lost.epoch + 1)
        assert verify_chain(again._database) is None

    put_back(tmp_path, tmp_path / "backup")
    with opened(tmp_path) as again:
        later = again.apply(a_write(a_put("newer", text="After the second restore."))).position
        assert (later.seq, later.epoch) == (lost.seq, lost.epoch + 2)


def test_the_state_before_is_kept_aside(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
        backend.apply(a_write(Forget(id="1")))
        status = backend.status()

    restored = restore(tmp_path, tmp_path / "backup", now=START, progress=no_progress)

    assert restored.replaced is not None
    with opened(restored.replaced) as before:
        assert before.status() == status


@pytest.mark.parametrize("stage", ["proven", "noted", "placed"])
def test_a_restore_that_is_cut_off_leaves_one_state_or_the_other_whole(
    tmp_path: Path, stage: str
) -> None:
    """Up to the note it is the old one, from the note on the new one."""
    with opened(tmp_path / "live") as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
        backend.apply(a_write(a_put("after", text="After the backup.")))
        old = backend.status().position

    with pytest.raises(Killed):
        put_back(tmp_path / "live", tmp_path / "backup", stage)
    finish_restore(tmp_path / "live")

    with opened(tmp_path / "live") as again:
        found = again.status().position
        assert verify_chain(again._database) is None
    assert found.seq == (old.seq if stage == "proven" else old.seq - 1)
    assert not (tmp_path / "live" / "restore.json").exists()
    assert not (tmp_path / "live" / "incoming").exists()


def spoiled(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_backup_with_a_changed_bit_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    with opened(tmp_path / "live") as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
        status = backend.status()
    data = (tmp_path / "backup").read_bytes()
    changed = [spoiled(data, place) for place in (100, 600, 30_000, 100_000, len(data) // 2)]

    for number, one in enumerate([*changed, data[: len(data) // 2], data[:700], b""]):
        (tmp_path / f"bad-{number}").write_bytes(one)
        with pytest.raises(BackupRefusedError):
            put_back(tmp_path / "live", tmp_path / f"bad-{number}")

    with opened(tmp_path / "live") as again:
        assert again.status() == status
    assert not (tmp_path / "live" / "replaced").exists()


def test_a_database_of_another_position_than_the_manifest_names_is_refused(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "live") as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
    with tarfile.open(tmp_path / "backup") as archive:
        manifest, database = (archive.extractfile(name).read() for name in archive.getnames())  # type: ignore[union-attr]  # they are files
    lying = manifest.replace(b'"position": "1:', b'"position": "7:')
    archive_of(tmp_path / "lying", [("manifest.json", lying), ("memory.duckdb", database)])

    with pytest.raises(BackupRefusedError, match="position"):
        put_back(tmp_path / "live", tmp_path / "lying")


def archive_of(target: Path, files: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> None:
    with tarfile.open(target, "w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(data), kind, "/etc/passwd"
            archive.addfile(member, io.BytesIO(data))


def test_an_archive_with_other_names_is_refused_and_writes_nowhere(tmp_path: Path) -> None:
    with opened(tmp_path / "live") as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
    with tarfile.open(tmp_path / "backup") as archive:
        manifest = archive.extractfile("manifest.json").read()  # type: ignore[union-attr]  # it is a file
    odd = tmp_path / "odd"
    odd.touch()
    before = sorted(tmp_path.parent.rglob("*"))

    for name in ("../out", "/nowhere/out", "manifest.json/../../out", "other"):
        for files in ([("manifest.json", manifest), (name, b"x")], [(name, b"x")]):
            archive_of(odd, files)
            with pytest.raises(BackupRefusedError):
                put_back(tmp_path / "live", odd)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
        archive_of(odd, [("manifest.json", b"")], kind)
        with pytest.raises(BackupRefusedError):
            put_back(tmp_path / "live", odd)

    assert sorted(tmp_path.parent.rglob("*")) == before


def test_a_copy_that_finds_no_room_fails_alone(tmp_path: Path) -> None:
    """Nothing of it is left, and the store goes on."""
    with opened(tmp_path) as backend:
        fill(backend)
        with largest_file(1_000_000), pytest.raises(StorageFullError):
            backend.copy()

        backend.apply(a_write(a_put("more", text="One more.")))
        copy = backend.copy()
        assert copy.manifest.counts.entries == 11
        copy.close()
    assert list((tmp_path / "store" / "staging").iterdir()) == []


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond *size* bytes: it is as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_store_knows_which_backups_were_made_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        for name in ("one", "two"):
            backed_up(backend, tmp_path / name)

    known = known_backups(tmp_path / "backups.jsonl")

    assert [line.partition(", ")[0] for line in known] == [
        f"backup of {START.isoformat()} at 1:15"
    ] * 2
