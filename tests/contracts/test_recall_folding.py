"""Recalls that fold what says the same and show what lies around, over every backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from memory_service.embedding.hashing import HashingEmbedder
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.recall import CutMode, CutReason, OnNone
from memory_service.retrieval.packing import estimate_tokens
from tests.support.builders import a_draft
from tests.support.engines import a_bench
from tests.support.stars import hit_ids
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.model.recall import Hit, QueryAnswer
    from tests.support.engines import Bench


@pytest.fixture(params=["dict", "local"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "dict":
        yield a_bench()
        return
    identity = HashingEmbedder(dimensions=256, window=64).identity
    backend = open_local(tmp_path, identity=identity)
    yield a_bench(backend=backend)
    backend.close()


def ask(bench: Bench, query: str, **options: Any) -> QueryAnswer:
    """All there is, unless the test says otherwise."""
    return bench.ask(query, **{"cut": CutMode.OFF, "on_none": OnNone.BEST} | options)


def conversation(bench: Bench, *texts: str, session: str = "s") -> None:
    """Turns of one session under `0`, `1` and so on."""
    bench.remember(
        *[
            a_draft(f"{session}{turn}", text, session=session, turn=turn)
            for turn, text in enumerate(texts)
        ]
    )


def steps(hit: Hit) -> list[tuple[int, str]]:
    """What is shown around a hit."""
    return [(turn.steps, turn.entry.id) for turn in hit.context]


def test_the_newest_of_equal_entries_is_shown_and_names_the_others(bench: Bench) -> None:
    bench.remember(a_draft("old", "The comet passes the sun."))
    bench.clock.advance(seconds=1)
    bench.remember(a_draft("new", "the comet passes the sun"), a_draft("other", "a comet"))

    folded = ask(bench, "comet passes the sun")
    apart = ask(bench, "comet passes the sun", collapse=False)

    assert hit_ids(folded) == ["new", "other"]
    assert [hit.duplicates for hit in folded.hits] == [("old",), ()]
    assert sorted(hit_ids(apart)) == ["new", "old", "other"]
    assert all(hit.duplicates == () for hit in apart.hits)
    assert folded.hits[0].score == max(hit.score for hit in apart.hits)
    assert (folded.cut.considered, apart.cut.considered) == (2, 3)


def test_the_limit_counts_a_group_once_however_many_it_folds(bench: Bench) -> None:
    same = [a_draft(f"same{number}", "A comet passes.") for number in range(20)]
    rest = [a_draft(f"rest{number}", f"comet {number}") for number in range(3)]
    bench.remember(*same, *rest)

    answer = ask(bench, "comet passes", limit=3)

    assert len(answer.hits) == 3
    assert sorted(len(hit.duplicates) for hit in answer.hits) == [0, 0, 19]
    assert answer.cut.considered == 4


def test_no_two_hits_say_the_same_under_any_limit(bench: Bench) -> None:
    texts = [f"comet number {number % 5}" for number in range(30)]
    bench.remember(*[a_draft(str(place), text) for place, text in enumerate(texts)])

    for limit in range(1, 8):
        answer = ask(bench, "comet number", limit=limit)

        shown = [hit.entry.draft.text for hit in answer.hits]
        assert len(shown) == len(set(shown)) == min(limit, 5)
        assert all(len(hit.duplicates) == 5 for hit in answer.hits)


def test_what_is_nearest_is_folded_too(bench: Bench) -> None:
    bench.remember(*[a_draft(f"a{number}", "tea in the morning") for number in range(9)])
    bench.remember(a_draft("b", "a cat"), a_draft("c", "a dog"), a_draft("d", "a bird"))

    answer = bench.ask("blorptak zindle vomber")

    assert answer.hits == ()
    assert len(answer.nearest) == 3
    assert len({hit.entry.draft.text for hit in answer.nearest}) == 3


def test_nothing_above_a_score_gives_nothing(bench: Bench) -> None:
    bench.remember(a_draft("a", "comet"), a_draft("b", "comet"))

    answer = ask(bench, "comet and something else", min_score=1.0)

    assert (answer.hits, answer.cut.reason) == ((), CutReason.MIN_SCORE)


def test_context_is_what_was_said_around_in_order(bench: Bench) -> None:
    conversation(bench, "one", "two", "the comet", "four", "five")
    conversation(bench, "elsewhere", session="t")

    hits = {n: ask(bench, "comet", limit=1, context=n).hits[0] for n in (0, 1, 2, 5)}

    assert steps(hits[0]) == []
    assert steps(hits[1]) == [(-1, "s1"), (1, "s3")]
    assert steps(hits[2]) == [(-2, "s0"), (-1, "s1"), (1, "s3"), (2, "s4")]
    assert steps(hits[5]) == steps(hits[2])
    shown = [hits[2].entry, *(turn.entry for turn in hits[2].context)]
    assert hits[2].tokens == sum(estimate_tokens(entry.draft.text) for entry in shown)


@pytest.mark.parametrize(("turn", "expected"), [(0, [(1, "s1")]), (2, [(-1, "s1")])])
def test_the_ends_of_a_session_have_one_side(
    bench: Bench, turn: int, expected: list[tuple[int, str]]
) -> None:
    texts = ["tea", "cat", "dog"]
    texts[turn] = "comet"
    conversation(bench, *texts)

    assert steps(ask(bench, "comet", limit=1, context=1).hits[0]) == expected


def test_an_entry_without_a_session_has_no_context(bench: Bench) -> None:
    bench.remember(a_draft("a", "comet"), a_draft("b", "tea"))

    assert ask(bench, "comet", limit=1, context=5).hits[0].context == ()


def test_no_turn_is_shown_twice_and_no_hit_is_context(bench: Bench) -> None:
    conversation(bench, "tea", "comet", "milk", "comet tail", "bread")

    hits = ask(bench, "comet", limit=2, context=5).hits

    context = [turn.entry.id for hit in hits for turn in hit.context]
    assert sorted(hit.entry.id for hit in hits) == ["s1", "s3"]
    assert sorted(context) == ["s0", "s2", "s4"]
    assert hits[1].context == ()


def test_what_was_folded_into_a_hit_is_no_context(bench: Bench) -> None:
    conversation(bench, "comet", "tea", "comet")

    hits = ask(bench, "comet", limit=1, context=5).hits

    assert [(hit.entry.id, hit.duplicates) for hit in hits] == [("s2", ("s0",))]
    assert steps(hits[0]) == [(-1, "s1")]


def test_context_never_takes_the_place_of_a_hit_and_stays_within_the_budget(bench: Bench) -> None:
    conversation(bench, "tea " * 10, "comet tail", "milk", "comet", "bread " * 30)
    hits = ask(bench, "comet", limit=2).hits
    cost = sum(hit.tokens for hit in hits)

    for budget in range(cost, cost + 60):
        answer = ask(bench, "comet", limit=2, context=5, budget_tokens=budget)

        assert hit_ids(answer) == [hit.entry.id for hit in hits]
        assert answer.tokens == sum(hit.tokens for hit in answer.hits) <= budget
        assert answer.cut.reason is CutReason.OFF


def test_the_filter_holds_for_context(bench: Bench) -> None:
    speakers = ["Ann", "Bob", "Ann", "Ann"]
    bench.remember(
        *[
            a_draft(str(turn), "comet" if turn == 2 else "tea", session="s", turn=turn, speaker=who)
            for turn, who in enumerate(speakers)
        ]
    )
    ann = Compare(field=Field.SPEAKER, operator=Operator.EQ, values=("Ann",))

    assert steps(ask(bench, "comet", limit=1, context=5, filter=ann).hits[0]) == [(1, "3")]


def test_hits_that_are_nearest_only_have_no_context(bench: Bench) -> None:
    conversation(bench, "comet", "tea", "milk")

    answer = bench.ask("blorptak zindle vomber", context=5)

    assert [hit.context for hit in answer.nearest] == [(), (), ()]
