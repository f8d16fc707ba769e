"""While another model takes over, all else that is done with a store is done as ever."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from memory_service.backends.restoring import restore
from memory_service.engine.requests import UpdateRequest
from memory_service.errors import StorageError
from memory_service.model.write import OutcomeStatus, Restore
from memory_service.store.head import HEAD_FILE, read_head
from tests.support.backups import backed_up, no_progress
from tests.support.builders import a_draft, a_write
from tests.support.clock import START
from tests.support.reembedding import (
    DIMENSIONS,
    Switching,
    Wishes,
    answers_of,
    switched,
    switching,
    the_next_model,
)
from tests.support.verified import assert_verified, codes_of, repaired, verified

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.model.position import Position
    from memory_service.model.write import Outcome

QUERIES = ["a comet near the sun", "the mirror of the telescope", "kettle and tea"]
TEXTS = [
    "A comet passes the sun.", "The telescope has a mirror.", "The kettle is on.", "Tea is late.",
    "Saturn has rings.", "The observatory moved.", "Twenty words.", "The sun is late today.",
]  # fmt: skip


def fill(store: Switching) -> None:
    store.bench.remember(*(a_draft(str(number), text) for number, text in enumerate(TEXTS)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Switching]:
    with switching(tmp_path / "store") as one:
        fill(one)
        yield one


def undone(store: Switching, id: str) -> Outcome:
    return store.backend.apply(a_write(Restore(id=id), now=store.bench.clock())).outcomes[0]


def assert_of_the_new_model_alone(store: Switching) -> None:
    """Every vector there is, of what lives and of what is past, is the new model's of the text."""
    rows = store.backend._database.rows(
        "SELECT e.text, v.x FROM store.main.vector v JOIN store.main.entry e ON e.seq = v.entry"
    )
    past = store.backend._database.rows(
        "SELECT h.text, v.x FROM store.main.history_vector v "
        "JOIN store.main.history h ON h.seq = v.entry"
    )
    texts = [text for text, _ in (*rows, *past)]
    held = np.array([np.frombuffer(x, "<f2") for _, x in (*rows, *past)], np.float32)

    assert held.shape == (len(texts), DIMENSIONS)
    assert np.allclose(held, the_next_model().embed(texts), atol=2e-3)


@pytest.mark.parametrize("moved", [False, True])
def test_what_is_taken_back_after_a_switch_waits_for_its_new_vectors(
    store: Switching, moved: bool
) -> None:
    store.bench.engine.forget("ns", "0")
    if moved:
        store.backend._maintain(most_dead=1)
    store.wish()
    store.finish()

    outcome = undone(store, "0")

    assert (outcome.status, outcome.embedded) == (OutcomeStatus.RESTORED, False)
    waiting = [entry.ordinal for entry in store.backend.pending(5)]
    assert waiting == [store.backend.status().position.seq]
    assert_of_the_new_model_alone(store)


@pytest.mark.parametrize("forgotten_at", ["before", "meanwhile"])
def test_what_is_taken_back_meanwhile_gets_vectors_of_both(
    store: Switching, forgotten_at: str
) -> None:
    if forgotten_at == "before":
        store.bench.engine.forget("ns", "0")
    store.wish()
    store.step(3)
    if forgotten_at == "meanwhile":
        store.bench.engine.forget("ns", "0")

    outcome = undone(store, "0")
    old = store.bench.ask(TEXTS[0]).hits[0]
    store.finish()
    new = store.bench.ask(TEXTS[0]).hits[0]

    assert outcome.embedded
    assert [(hit.entry.id, hit.entry.embedded) for hit in (old, new)] == [("0", True)] * 2
    assert new.legs.cosine == pytest.approx(1.0, abs=2e-3)
    assert_of_the_new_model_alone(store)


def test_what_died_with_its_new_vectors_comes_back_with_them(store: Switching) -> None:
    store.wish()
    store.to_the_last_step()
    store.bench.engine.forget("ns", "0")
    store.step()

    outcome = undone(store, "0")

    assert outcome.embedded
    assert_of_the_new_model_alone(store)


@pytest.mark.parametrize("stage", ["begun", "half", "last", "switched", "twice", "cancelled"])
def test_a_store_is_found_whole_at_every_stage(tmp_path: Path, stage: str) -> None:
    with switching(tmp_path) as store:
        fill(store)
        store.bench.engine.forget("ns", "7")
        store.wish()
        store.step({"begun": 2, "half": 3, "cancelled": 3}.get(stage, 0))
        _write_meanwhile(store)
        if stage == "last":
            store.to_the_last_step()
        elif stage in ("switched", "twice", "cancelled"):
            store.wish("" if stage == "cancelled" else "next")
            store.finish()
        store.bench.remember(a_draft("after", "Written afterwards."))
        shutil.copytree(tmp_path, tmp_path / "killed")
    if stage == "twice":
        with switched(tmp_path) as store:
            store.wish()
            store.finish()

    assert_verified(tmp_path / "killed")
    assert_verified(tmp_path)


def _write_meanwhile(store: Switching) -> None:
    store.bench.remember(a_draft("new", "A new comet."))
    store.bench.engine.update(UpdateRequest(namespace="ns", id="5", changes={"text": "Moved."}))
    store.bench.engine.forget("ns", "6")


@pytest.fixture
def taken_over(tmp_path: Path) -> Path:
    """A store that another model took over; its eight entries are changes 1 to 8."""
    with switching(tmp_path / "over") as store:
        fill(store)
        store.wish()
        store.finish()
    return tmp_path / "over"


def test_how_many_changes_cannot_be_compared_after_a_switch_is_told(taken_over: Path) -> None:
    log = next(check for check in verified(taken_over).checks if check.name == "log")

    assert log.note == "8 are known by their texts alone: their vectors were another model's"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE entry SET text = 'altered' WHERE seq = 3", "draft_differs"),
        ("DELETE FROM vector WHERE entry = 3", "vector_lost"),
        ("UPDATE vector SET stop = stop + 1 WHERE entry = 3", "payload_differs"),
        ("UPDATE vector SET x = x || 'xx'::BLOB WHERE entry = 3", "vector_wrong_length"),
    ],
)
def test_what_is_altered_after_a_switch_is_found(taken_over: Path, sql: str, code: str) -> None:
    with duckdb.connect(str(taken_over / "store" / "memory.duckdb")) as connection:
        connection.execute(sql)

    assert code in codes_of(verified(taken_over))


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM next_vector WHERE entry = 2", "vector_lost"),
        ("UPDATE next_vector SET stop = stop + 1 WHERE entry = 2", "payload_differs"),
        ("UPDATE next_vector SET x = x || 'xx'::BLOB WHERE entry = 2", "vector_wrong_length"),
    ],
)
def test_what_is_altered_of_the_vectors_to_come_is_found(
    tmp_path: Path, sql: str, code: str
) -> None:
    with switching(tmp_path) as store:
        fill(store)
        store.wish()
        store.step(3)
    with duckdb.connect(str(tmp_path / "store" / "memory.duckdb")) as connection:
        connection.execute(sql)

    assert code in codes_of(verified(tmp_path))


def test_a_damaged_index_of_the_model_that_took_over_is_built_anew(taken_over: Path) -> None:
    file = max((taken_over / "index" / "vectors-1").iterdir(), key=lambda one: one.stat().st_size)
    file.write_bytes(b"\xff" * file.stat().st_size)
    assert verified(taken_over).findings

    repair = repaired(taken_over)

    assert repair.done == ("built anew: vector index",)
    assert repair.report.findings == ()


def test_the_head_goes_with_the_switch(store: Switching, tmp_path: Path) -> None:
    store.wish()
    store.finish()

    head = read_head(tmp_path / "store" / "store" / HEAD_FILE).newest

    assert head is not None
    assert head.position == store.backend.status().position


def test_a_kill_between_the_switch_and_its_head_leaves_a_store_that_has_switched(
    store: Switching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files as they are once it is committed, and before the head file says so."""
    note = store.backend._writer._note

    def copied(position: Position) -> None:
        shutil.copytree(tmp_path / "store", tmp_path / "left")
        note(position)

    store.wish()
    store.to_the_last_step()
    monkeypatch.setattr(store.backend._writer, "_note", copied)
    store.step()

    with switched(tmp_path / "left") as again:
        assert again.backend.status().damage == ""
        assert again.backend.status().position == store.backend.status().position
        assert answers_of(again.bench, QUERIES) == answers_of(store.bench, QUERIES)
    assert_verified(tmp_path / "left")


def test_a_purge_takes_the_vectors_to_come_with_it(store: Switching) -> None:
    store.wish()
    store.to_the_last_step()

    store.bench.engine.forget("ns", "0", purge=True)

    rows = store.backend._database.rows("SELECT count(*) FROM store.main.next_vector")
    assert rows == [(len(TEXTS) - 1,)]


def test_a_backup_carries_what_was_gathered(store: Switching, tmp_path: Path) -> None:
    store.wish()
    store.to_the_last_step()
    backed_up(store.backend, tmp_path / "backup")
    store.step()

    restore(tmp_path / "other", tmp_path / "backup", now=START, progress=no_progress)

    with switching(tmp_path / "other", wishes=Wishes(name="next")) as again:
        again.finish()
        assert again.wishes.embedded() == 0
        assert answers_of(again.bench, QUERIES) == answers_of(store.bench, QUERIES)
    assert_verified(tmp_path / "other")


def test_a_store_written_anew_carries_what_was_gathered(tmp_path: Path) -> None:
    with switching(tmp_path) as store:
        fill(store)
        store.wish()
        store.step(3)
        store.backend.compact()
        store.finish()

        assert_of_the_new_model_alone(store)
        assert store.wishes.embedded() == len(TEXTS)
    assert_verified(tmp_path)


def test_a_switch_while_the_store_is_written_anew_is_in_it(tmp_path: Path) -> None:
    """The copy that was made before it is thrown away."""
    with switching(tmp_path) as store:
        fill(store)
        store.wish()
        store.to_the_last_step()
        stages: list[str] = []

        def reached(stage: str) -> None:
            stages.append(stage)
            if stage == "copied" and stages.count("copied") == 1:
                store.step()

        store.backend.compact(reached=reached)
        assert stages.count("copied") == 2
        assert_of_the_new_model_alone(store)
    assert_verified(tmp_path)
    with switched(tmp_path) as again:
        assert_of_the_new_model_alone(again)


def test_a_switch_that_cannot_be_shown_ends_the_writing(
    store: Switching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is committed: another model's vectors must not be written on top of it."""
    store.wish()
    store.to_the_last_step()
    records = store.backend._derived.records
    monkeypatch.setattr(records, "respan", lambda _spans: 1 / 0)

    with pytest.raises(StorageError, match="restart"):
        store.backend.reembedding.switch(now=START)
    with pytest.raises(StorageError, match="restart"):
        store.bench.remember(a_draft("after", "Nothing is written any more."))
