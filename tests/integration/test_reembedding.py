"""Another model takes over a store: what is answered before, meanwhile and after."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from memory_service.engine.next_models import ReembedState
from memory_service.engine.requests import EmbedMode, RememberRequest, UpdateRequest
from memory_service.errors import EmbedderChangedError
from memory_service.model.read import ChangeKind
from memory_service.model.write import AddVectors, DropNamespace, OnConflict
from memory_service.store.proving import verify_chain
from tests.support.builders import a_draft, a_put, a_write
from tests.support.reembedding import (
    BATCH,
    DIMENSIONS,
    Answered,
    Switching,
    Wishes,
    an_exact_bench,
    answers_of,
    switched,
    switching,
    the_next_model,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.model.entry import Span
    from tests.support.engines import Bench

QUERIES = [
    "Which comet passes the sun?",
    "the mirror of the telescope in the mountain",
    "kettle and tea",
    "twenty words about a comet",
    "blorptak zindle",
]
#: Long for both models, for the one to come alone, and for none.
LONG, LONGER = "comet " + "word " * 120 + "sun", "kettle " + "leaf " * 40 + "tea"


def the_first_entries(bench: Bench) -> None:
    """Some replaced, some forgotten, in two namespaces."""
    texts = [
        "The telescope saw a nebula.", "A comet passes the sun every 76 years.", LONG, LONGER,
        "The observatory moved its mirror to the mountain.", "Put the kettle on.", "Tea is late.",
        "Saturn's rings are made of ice.", "Twenty words about a comet.", "The sun is late today.",
    ]  # fmt: skip
    bench.remember(*(a_draft(str(number), text) for number, text in enumerate(texts)))
    bench.remember(a_draft("6", "Tea is early."), on_conflict=OnConflict.REPLACE)
    bench.engine.forget("ns", "0")
    bench.remember(a_draft("elsewhere", "Another comet."), namespace="other")


def the_writes_meanwhile(bench: Bench) -> None:
    """Every kind of write."""
    bench.remember(a_draft("new", "A new comet, seen from the mountain."))
    bench.remember(a_draft("long", LONG + " and moon"))
    bench.remember(a_draft("late", "late tea in the kettle"), embed=EmbedMode.ASYNC)
    bench.remember(a_draft("1", "No comet passes the sun."), on_conflict=OnConflict.REPLACE)
    bench.engine.update(UpdateRequest(namespace="ns", id="5", changes={"text": "No kettle."}))
    bench.engine.forget("ns", "4")
    bench.remember(a_draft("gone", "A comet in a namespace that goes."), namespace="goes")
    bench.backend.apply(a_write(DropNamespace(), namespace="goes"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Switching]:
    with switching(tmp_path / "store") as one:
        the_first_entries(one.bench)
        yield one


def expected(*, new: bool, meanwhile: bool = False) -> list[Answered]:
    """What dicts answer that had one model only."""
    exact = an_exact_bench(new=new)
    the_first_entries(exact)
    if meanwhile:
        the_writes_meanwhile(exact)
        for entry in exact.backend.pending(10):
            late = exact.engine._model.passages([entry.key])[0]
            exact.backend.apply(a_write(AddVectors(ordinal=entry.ordinal, passages=late)))
    return answers_of(exact, QUERIES)


def test_until_the_switch_the_old_model_answers_and_from_then_on_the_new(store: Switching) -> None:
    assert answers_of(store.bench, QUERIES) == expected(new=False)
    store.wish()

    store.to_the_last_step()
    assert answers_of(store.bench, QUERIES) == expected(new=False)
    store.step()

    assert answers_of(store.bench, QUERIES) == expected(new=True)
    status = store.bench.engine.status()
    assert status.reembed is None
    assert status.model.identity == the_next_model().identity
    assert store.wishes.name == ""


def test_what_is_written_meanwhile_is_found_by_both(store: Switching) -> None:
    store.wish()
    store.step(3)
    the_writes_meanwhile(store.bench)

    store.finish()
    waiting = store.backend.pending(10)

    assert waiting == []
    assert answers_of(store.bench, QUERIES) == expected(new=True, meanwhile=True)


@pytest.mark.parametrize("steps", range(6))
def test_a_process_that_ends_at_any_step_loses_no_more_than_a_batch(
    store: Switching, tmp_path: Path, steps: int
) -> None:
    """Its files, as they are between two steps, are the whole store."""
    store.wish()
    store.step(steps)
    before = answers_of(store.bench, QUERIES)
    shutil.copytree(tmp_path / "store", tmp_path / "left")
    embedded = store.wishes.embedded()

    with switching(tmp_path / "left", wishes=Wishes(name="next")) as again:
        assert answers_of(again.bench, QUERIES) == before
        again.finish()

        assert answers_of(again.bench, QUERIES) == expected(new=True)
        texts = sum(len(spans) for spans in _spans_of_all(again).values())
        assert embedded + again.wishes.embedded() <= texts + BATCH
        assert verify_chain(again.backend._database) is None


def _spans_of_all(store: Switching) -> dict[str, list[Span]]:
    next_model = the_next_model()
    found = {}
    for namespace in ("ns", "other"):
        for entry in store.bench.engine.page(namespace, limit=100).entries:
            found[f"{namespace}/{entry.id}"] = list(next_model.windows("", entry.draft.text))
    return found


def test_after_the_switch_a_restart_changes_no_answer(tmp_path: Path) -> None:
    """Whether the process ended at once, after housekeeping, or in good order."""
    with switching(tmp_path / "closed") as store:
        the_first_entries(store.bench)
        store.wish()
        store.finish()
        the_writes_meanwhile(store.bench)
        before = answers_of(store.bench, QUERIES)
        shutil.copytree(tmp_path / "closed", tmp_path / "left")
        store.backend.maintain()
        shutil.copytree(tmp_path / "closed", tmp_path / "tidied")

    for folder in ("left", "tidied", "closed"):
        with switched(tmp_path / folder) as again:
            assert answers_of(again.bench, QUERIES) == before
            assert verify_chain(again.backend._database) is None
            assert not (tmp_path / folder / "index" / "vectors").exists()


def test_the_new_vectors_and_the_switch_are_changes_in_the_log(store: Switching) -> None:
    before = store.backend.status()
    store.wish()
    store.finish()

    changes = store.backend.changes(before.position.seq, 100)
    kinds = [change.kind for change in changes]
    assert kinds[0] is ChangeKind.MODEL_BEGUN
    assert kinds[1:-1] == [ChangeKind.NEXT_VECTORS] * before.entries
    assert kinds[-1] is ChangeKind.MODEL_SWITCHED
    assert store.backend.status().position == changes[-1].position
    assert store.backend.status().fingerprint != before.fingerprint


def test_a_cancelled_model_leaves_everything_as_it_was(store: Switching, tmp_path: Path) -> None:
    store.wish()
    store.step(4)
    the_writes_meanwhile(store.bench)

    store.wish("")
    store.finish()

    assert store.bench.engine.status().reembed is None
    assert store.backend.reembedding.coming is None
    assert not (tmp_path / "store" / "index" / "vectors-1").exists()
    assert store.backend.changes(0, 100)[-1].kind is ChangeKind.MODEL_DROPPED
    with switching(tmp_path / "elsewhere") as other:
        the_first_entries(other.bench)
        the_writes_meanwhile(other.bench)
        assert answers_of(store.bench, QUERIES) == answers_of(other.bench, QUERIES)


def test_after_a_cancel_the_work_begins_anew(store: Switching) -> None:
    store.wish()
    store.step(4)
    store.wish("")
    store.finish()

    store.wish()
    store.finish()

    assert answers_of(store.bench, QUERIES) == expected(new=True)


def test_vectors_that_were_made_before_the_switch_are_not_kept_after_it(store: Switching) -> None:
    """Their entries wait for those of the model that serves."""
    request = RememberRequest(namespace="ns", drafts=(a_draft("slow", "A slow comet."),))
    prepared = store.bench.engine.prepare(request)
    store.wish()
    store.finish()

    receipt = store.bench.engine.commit(prepared)

    assert not receipt.outcomes[0].embedded
    assert [entry.ordinal for entry in store.backend.pending(10)] == [receipt.position.seq]


def test_a_write_whose_new_vectors_fail_gets_them_later(store: Switching) -> None:
    store.wish()
    store.step(2)
    store.wishes.loaded[0].broken = True
    store.bench.remember(a_draft("new", "A new comet."))
    assert store.backend.get("ns", "new", now=store.bench.clock()).embedded
    store.wishes.loaded[0].broken = False

    store.finish()

    hits = answers_of(store.bench, ["A new comet."])[0].hits
    assert hits[0].id == "new"
    assert hits[0].figures.values[1] == pytest.approx(1.0, abs=1e-2)


def test_recalls_while_models_change_are_of_one_model_or_the_other(store: Switching) -> None:
    store.wish()
    store.to_the_last_step()
    old, new = expected(new=False), expected(new=True)
    seen: list[list[Answered]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            seen.append(answers_of(store.bench, QUERIES[:1]))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    store.step()
    seen.append(answers_of(store.bench, QUERIES[:1]))
    done.set()
    for thread in threads:
        thread.join()

    assert all(answer in (old[:1], new[:1]) for answer in seen)
    assert seen[-1] == new[:1]


def test_the_status_says_how_far_it_is(store: Switching) -> None:
    store.wish()
    status = store.bench.engine.status().reembed
    assert status is not None
    assert (status.state, status.done, status.total) == (ReembedState.LOADING, 0, 10)

    store.step(3)
    status = store.bench.engine.status().reembed

    assert status is not None
    assert (status.state, status.done, status.total) == (ReembedState.EMBEDDING, BATCH, 10)


def test_a_model_that_cannot_be_had_is_refused_and_the_old_one_stays(store: Switching) -> None:
    store.wishes.refuses = True
    store.wish()
    store.finish()

    status = store.bench.engine.status().reembed

    assert status is not None
    assert (status.state, status.detail) == (ReembedState.REFUSED, "it is nowhere")
    assert answers_of(store.bench, QUERIES) == expected(new=False)


def test_a_store_without_entries_changes_its_model_at_once(tmp_path: Path) -> None:
    with switching(tmp_path) as empty:
        empty.wish()
        empty.finish()
        empty.bench.remember(a_draft("a", "A comet."))

        answer = empty.bench.ask("A comet.")

    assert answer.hits[0].legs.cosine == pytest.approx(1.0, abs=1e-3)


def test_another_embedder_is_refused_with_the_command_to_run(store: Switching) -> None:
    with pytest.raises(
        EmbedderChangedError, match=rf"`memory-service reembed --model hashing-{DIMENSIONS}`"
    ):
        store.backend.bind(the_next_model().identity)


def test_an_entry_gets_each_models_vectors_once(store: Switching) -> None:
    store.wish()
    store.step(2)
    waiting = store.backend.reembedding.waiting(1)[0]
    coming = store.work._models.coming
    assert coming is not None
    add = AddVectors(ordinal=waiting.ordinal, passages=coming.passages([waiting.key])[0])
    twice = a_write(add, now=store.bench.clock())

    statuses = [store.backend.apply(twice).outcomes[0].status for _ in range(2)]

    assert [str(status) for status in statuses] == ["updated", "missing"]
    store.finish()
    assert answers_of(store.bench, QUERIES) == expected(new=True)


def test_there_is_no_switch_while_an_entry_is_without_its_vectors(store: Switching) -> None:
    store.wish()
    store.to_the_last_step()
    store.backend.apply(a_write(a_put("new", seed=None), now=store.bench.clock()))

    assert not store.backend.reembedding.switch(now=store.bench.clock())
