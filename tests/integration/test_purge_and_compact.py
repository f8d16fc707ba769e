"""What was purged is nowhere once the store was written anew, and everything else is as before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.backup_words import files_holding
from memory_service.errors import StorageFullError
from memory_service.model.read import ChangeKind
from memory_service.model.write import DropNamespace, Forget, OutcomeStatus
from memory_service.store.proving import verify_chain
from memory_service.store.statements import statement
from tests.support.backups import backed_up
from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.local_stores import assert_identical, fill, legs_of, opened
from tests.support.stores import assert_same_state

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.backends.local import LocalBackend

SAID: dict[str, Any] = {
    "text": "quokkasaid zebrasaid the launch",
    "summary": "okapisaid",
    "speaker": "Gnusaid",
    "session": "ibexsaid",
    "scope": "user/lynxsaid",
    "tags": ("tapirsaid",),
    "metadata": {"koalasaid": "wombatsaid"},
    "source": "dingosaid",
}
CANARIES = [
    "quokkasaid", "zebrasaid", "okapisaid", "gnusaid", "ibexsaid", "lynxsaid", "tapirsaid",
    "koalasaid", "wombatsaid", "dingosaid",
]  # fmt: skip


def say(backend: LocalBackend, id: str = "secret") -> None:
    """An entry that says what nobody is to find, twice: it has an earlier version."""
    backend.apply(a_write(a_put(id, seed=90, **SAID)))
    again = {**SAID, "text": SAID["text"] + " again"}
    backend.apply(a_write(a_put(id, seed=91, if_version=1, **again)))


def purge(backend: LocalBackend, id: str = "secret") -> None:
    outcome = backend.apply(a_write(Forget(id=id, purge=True))).outcomes[0]
    assert outcome.status is OutcomeStatus.FORGOTTEN


def test_after_purge_and_compact_no_file_holds_a_word_of_it(tmp_path: Path) -> None:
    """While the daemon goes on, and with the entry in saved files before."""
    with opened(tmp_path) as backend:
        fill(backend)
        say(backend)
    with opened(tmp_path) as backend:
        assert files_holding(tmp_path, CANARIES)
        purge(backend)

        backend.compact()

        assert files_holding(tmp_path, CANARIES) == {}
    assert files_holding(tmp_path, CANARIES) == {}
    with opened(tmp_path):
        assert files_holding(tmp_path, CANARIES) == {}


def test_what_is_purged_has_no_row_from_that_moment_on(tmp_path: Path) -> None:
    """Nor has any earlier version, with its nonce; the log knows that it was there."""
    with opened(tmp_path) as backend:
        fill(backend)
        say(backend)
        purge(backend)

        for table, column in (("entry", "seq"), ("vector", "entry"), ("posting", "seq")):
            left = f"SELECT count(*) FROM store.main.{table} WHERE {column} > 15"  # noqa: S608  # of constants
            assert backend._database.rows(left) == [(0,)]
        last = backend.changes(17, 10)
        assert [(change.kind, change.id) for change in last] == [(ChangeKind.PURGE, "secret")]
        assert verify_chain(backend._database) is None


def test_purging_what_was_forgotten_before_deletes_what_is_left_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        say(backend)
        backend.apply(a_write(Forget(id="secret")))

        outcome = backend.apply(a_write(Forget(id="secret", purge=True))).outcomes[0]
        backend.compact()

        assert outcome.status is OutcomeStatus.MISSING
        assert files_holding(tmp_path, CANARIES) == {}


def test_purging_reaches_the_versions_that_were_moved_to_the_history(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        say(backend)
        with backend._database.transaction() as session:
            for sql in TO_THE_HISTORY:
                session.execute(sql)
        backend.compact()
        assert files_holding(tmp_path, CANARIES)

        purge(backend)
        backend.compact()

        assert files_holding(tmp_path, CANARIES) == {}
        assert backend._database.rows(
            "SELECT count(*) FROM store.main.history_vector WHERE entry = 16"
        ) == [(0,)]


TO_THE_HISTORY = (
    """INSERT INTO store.main.history BY NAME
    SELECT *, 17 AS died, 0 AS died_at, 'put' AS cause, 1 AS passages
    FROM store.main.entry WHERE seq = 16""",
    "INSERT INTO store.main.history_vector SELECT * FROM store.main.vector WHERE entry = 16",
    "DELETE FROM store.main.entry WHERE seq = 16",
    "DELETE FROM store.main.vector WHERE entry = 16",
)


def test_an_entry_that_comes_again_after_its_purge_stays(tmp_path: Path) -> None:
    """Even when both are committed together."""
    with opened(tmp_path) as backend:
        say(backend, "a")
        again = a_put("a", text="Another one altogether.")
        backend.apply(a_write(Forget(id="a", purge=True), again))
        backend.compact()

        assert backend.get("ns", "a", now=START).draft.text == "Another one altogether."
    with opened(tmp_path) as backend:
        assert backend.get("ns", "a", now=START).draft.text == "Another one altogether."


def test_a_dropped_namespace_leaves_no_word_either(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        backend.apply(a_write(a_put("x", **SAID), namespace="other"))
        backend.apply(a_write(DropNamespace(), namespace="other"))

        backend.compact()

        assert files_holding(tmp_path, CANARIES) == {}


def test_compacting_changes_no_answer(tmp_path: Path) -> None:
    """Nor does a restart after it."""
    with opened(tmp_path / "one") as backend, opened(tmp_path / "two") as other:
        fill(backend)
        fill(other)
        before = legs_of(backend)

        report = backend.compact()

        assert report.position == other.status().position
        assert_identical(before, backend)
        assert_same_state(backend, other, now=START)
        for each in (backend, other):
            each.apply(a_write(a_put("more", text="One more rocket.", seed=70)))
    with opened(tmp_path / "one") as backend, opened(tmp_path / "two") as other:
        assert_same_state(backend, other, now=START)
        assert_identical(legs_of(other), backend)
        assert verify_chain(backend._database) is None


def test_every_table_is_copied(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        tables = [name for (name,) in backend._database.rows(statement("table_names"))]
        before = {name: rows_of(backend, name) for name in tables}
        backend._keeping.compact(backend.status().position, reached=lambda _: None)

        assert {name: rows_of(backend, name) for name in tables} == before
        assert len(before["change"]) == 15


def rows_of(backend: LocalBackend, table: str) -> list[tuple[object, ...]]:
    return sorted(backend._database.rows(f"SELECT * FROM store.main.{table}"), key=repr)  # noqa: S608  # a table's own name


def test_writes_and_reads_go_on_while_the_store_is_written_anew(tmp_path: Path) -> None:
    """None is lost, and every acknowledged one is there after a restart."""
    stop, written = threading.Event(), list[str]()

    def keep_writing(backend: LocalBackend) -> None:
        for number in count():
            if stop.is_set():
                return
            backend.apply(a_write(a_put(f"w{number}", text=f"Write {number}.", seed=number)))
            written.append(f"w{number}")

    def keep_reading(backend: LocalBackend) -> int:
        for number in count():
            if stop.is_set():
                return number
            assert backend.get("ns", "1", now=START).id == "1"
            legs_of(backend)
        return 0

    with opened(tmp_path) as backend, ThreadPoolExecutor(2) as pool:
        fill(backend)
        writing, reading = pool.submit(keep_writing, backend), pool.submit(keep_reading, backend)
        try:
            backend.compact()
        finally:
            stop.set()
        writing.result()
        assert reading.result() > 0

    with opened(tmp_path) as again:
        assert verify_chain(again._database) is None
        assert [again.get("ns", id, now=START).id for id in written] == written
        assert again.status().entries == 10 + len(written)


def test_a_purge_during_the_copy_is_not_undone_by_it(tmp_path: Path) -> None:
    """The copy notices that rows have gone, and is made again."""
    stages: list[str] = []

    with opened(tmp_path) as backend:
        fill(backend)
        say(backend)

        def purge_once(stage: str) -> None:
            stages.append(stage)
            if stages == ["tidied", "copied"]:
                purge(backend)

        backend.compact(reached=purge_once)
        backend.compact()

        assert stages == ["tidied", "copied", "copied", "caught-up", "swapped", "resealed"]
        assert files_holding(tmp_path, CANARIES) == {}


@pytest.mark.parametrize("stage", ["copied", "caught-up"])
def test_a_rewriting_that_fails_leaves_the_store_as_it_was(tmp_path: Path, stage: str) -> None:
    def full(name: str) -> None:
        if name == stage:
            raise StorageFullError("The disk has no room.")

    with opened(tmp_path) as backend:
        fill(backend)

        with pytest.raises(StorageFullError):
            backend.compact(reached=full)

        backend.apply(a_write(a_put("more", text="One more.")))
        assert backend.status().entries == 11
        assert list((tmp_path / "store" / "staging").glob("copy-*")) == []
    with opened(tmp_path) as again:
        assert again.status().entries == 11


def test_what_a_purge_does_not_reach_is_named(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        backed_up(backend, tmp_path / "backup")
        (tmp_path / "replaced" / "earlier").mkdir(parents=True)
        (tmp_path / "quarantine").mkdir()
        (tmp_path / "quarantine" / "log").write_bytes(b"quokkasaid")

        report = backend.compact()

        assert [line.partition(",")[0] for line in report.not_covered] == [
            f"backup of {START.isoformat()} at 1:15",
            str(tmp_path / "replaced" / "earlier"),
        ]
        assert report.removed == ("quarantine/log",)
        assert report.bytes_after <= report.bytes_before
        (tmp_path / "backup").unlink()
        assert files_holding(tmp_path, CANARIES) == {}
