"""A log that lost something never passes unseen, and one command makes the store fit again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from memory_service.errors import CorruptStoreError, DamagedError, DamagedLogError
from memory_service.model.read import ChangeKind
from memory_service.store.head import begin_head, read_head
from tests.support.builders import a_put, a_write
from tests.support.local_stores import fill, opened
from tests.support.stores import open_local
from tests.support.verified import assert_verified, codes_of, repaired, verified

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.model.read import Change

FLIPS = 8


@dataclass(frozen=True, slots=True)
class Killed:
    """A store that was killed with all its changes in the log, and what these were."""

    folder: Path
    changes: tuple[Change, ...]

    def copy(self, folder: Path) -> Path:
        shutil.copytree(self.folder, folder)
        return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    base = tmp_path_factory.mktemp("killed")
    with opened(base / "live") as backend:
        fill(backend)
        shutil.copytree(base / "live", base / "killed")
        return Killed(base / "killed", tuple(backend.changes(0, 1_000)))


def log_of(folder: Path) -> Path:
    return folder / "store" / "memory.duckdb.wal"


def changes_of(folder: Path) -> tuple[Change, ...]:
    with opened(folder) as backend:
        return tuple(backend.changes(0, 1_000))


def how_it_opens(folder: Path, killed: Killed) -> str:
    """`refused`, `damaged`, or `whole` when nothing is missing; nothing else may happen."""
    try:
        with opened(folder) as backend:
            return how_it_stands(backend, killed)
    except DamagedLogError as refused:
        said = refused.detail
    assert "memory-service verify --repair" in said
    return "refused"


def how_it_stands(backend: LocalBackend, killed: Killed) -> str:
    damage = backend.status().damage
    if not damage:
        assert tuple(backend.changes(0, 1_000)) == killed.changes
        return "whole"
    assert "memory-service verify --repair" in damage
    with pytest.raises(DamagedError):
        backend.apply(a_write(a_put("new")))
    backend.maintain()
    return "damaged"


def test_a_kill_alone_loses_nothing(killed: Killed, tmp_path: Path) -> None:
    folder = killed.copy(tmp_path / "copy")

    assert how_it_opens(folder, killed) == "whole"
    assert_verified(folder)


def _garbage(log: bytes) -> bytes:
    return Random(5).randbytes(len(log))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda _: None, "damaged"),
        (lambda _: b"", "damaged"),
        (lambda log: log[:1], "damaged"),
        (lambda log: log[: len(log) // 2], "damaged"),
        (lambda log: log[:-1], "damaged"),
        (_garbage, "damaged"),
        (lambda log: b"\0" + log[1:], "damaged"),
        (lambda log: log[:200] + b"\0" * 8 + log[208:], "refused"),
    ],
    ids=["gone", "empty", "a byte", "half", "all but a byte", "garbage", "first byte", "zeros"],
)
def test_a_log_that_lost_something_is_seen_kept_and_repaired(
    killed: Killed, tmp_path: Path, damage: Callable[[bytes], bytes | None], expected: str
) -> None:
    """What was left of the log is there to the byte in `quarantine/`, and no number comes again."""
    folder = killed.copy(tmp_path / "copy")
    log = log_of(folder)
    bad = damage(log.read_bytes())
    log.unlink() if bad is None else log.write_bytes(bad)

    assert how_it_opens(folder, killed) == expected
    assert bad is None or not bad or log.read_bytes() == bad
    repair = repaired(folder)

    assert repair.report.findings == ()
    assert [file.read_bytes() for file in (folder / "quarantine").glob("*")] == (
        [bad] if bad else []
    )
    assert_goes_on(folder, killed, repair.lost)


def assert_goes_on(folder: Path, killed: Killed, lost: tuple[int, int] | None) -> None:
    """The history is the old one up to what was lost, then an epoch of its own."""
    last = killed.changes[-1].position.seq
    with opened(folder) as backend:
        assert backend.status().damage == ""
        receipt = backend.apply(a_write(a_put("new", text="After the repair.")))
        changes = backend.changes(0, 1_000)
    assert lost is not None
    kept = lost[0] - 1
    assert (lost[1], tuple(changes[:kept])) == (last, killed.changes[:kept])
    epoch, put = changes[kept:]
    assert (epoch.kind, epoch.position.epoch, epoch.position.seq) == (ChangeKind.EPOCH, 2, last + 1)
    assert put.position == receipt.position
    assert_verified(folder)


@pytest.mark.long
def test_no_flipped_bit_of_a_log_passes_unseen(killed: Killed, tmp_path: Path) -> None:
    """It is refused, damaged or without effect; each is repaired, and keeps all before the flip."""
    chance, opened_as = Random(20261124), []
    for number in range(FLIPS):
        folder = killed.copy(tmp_path / str(number))
        log = log_of(folder)
        data = bytearray(log.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        log.write_bytes(data)

        opened_as.append(how_it_opens(folder, killed))
        repair = repaired(folder)

        if opened_as[-1] != "whole":
            assert_goes_on(folder, killed, repair.lost)
    assert opened_as.count("refused") > FLIPS // 2


def test_a_log_damaged_in_its_middle_keeps_what_came_before(killed: Killed, tmp_path: Path) -> None:
    folder = killed.copy(tmp_path / "copy")
    log = log_of(folder)
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)

    repair = repaired(folder)

    assert repair.lost is not None
    assert repair.lost[0] > len(killed.changes) // 3
    assert "whole and were kept" in repair.done[1]


def test_a_head_that_is_gone_is_damage_until_it_is_accepted(killed: Killed, tmp_path: Path) -> None:
    """Nobody can tell then whether the log is whole."""
    folder = killed.copy(tmp_path / "copy")
    (folder / "store" / "head").unlink()

    assert how_it_opens(folder, killed) == "damaged"
    assert codes_of(verified(folder)) == {"head_missing"}
    repair = repaired(folder)

    assert (repair.lost, repair.report.findings) == (None, ())
    assert changes_of(folder)[:-1] == killed.changes


def test_a_head_with_a_damaged_record_costs_nothing(killed: Killed, tmp_path: Path) -> None:
    folder = killed.copy(tmp_path / "copy")
    head = folder / "store" / "head"
    data = bytearray(head.read_bytes())
    data[20] ^= 1
    head.write_bytes(data)

    assert codes_of(verified(folder)) == {"head_odd"}
    assert how_it_opens(folder, killed) == "whole"
    assert_verified(folder)


def test_the_head_of_another_store_is_damage(killed: Killed, tmp_path: Path) -> None:
    folder = killed.copy(tmp_path / "copy")
    head = folder / "store" / "head"
    newest = read_head(head).newest
    assert newest is not None
    begin_head(head, replace(newest, cluster_id="ff" * 16))

    assert how_it_opens(folder, killed) == "damaged"
    assert codes_of(verified(folder)) == {"head_of_another_store"}
    assert repaired(folder).report.findings == ()


def test_a_database_that_is_gone_is_not_made_anew(killed: Killed, tmp_path: Path) -> None:
    folder = killed.copy(tmp_path / "copy")
    (folder / "store" / "memory.duckdb").unlink()

    with pytest.raises(CorruptStoreError, match="is gone"):
        open_local(folder)

    assert not (folder / "store" / "memory.duckdb").exists()


def test_an_older_database_beside_a_newer_head_is_damage(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("a")))
    older = (store / "memory.duckdb").read_bytes()
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("b")))

    (store / "memory.duckdb").write_bytes(older)

    assert codes_of(verified(tmp_path)) >= {"log_behind_head"}
    assert repaired(tmp_path).lost == (2, 2)
