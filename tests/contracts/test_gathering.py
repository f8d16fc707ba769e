"""What becomes a candidate and what is known of it, over every reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.engine.gathering import Gathering, Legs
from memory_service.engine.stopwatch import Stopwatch
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.recall import Boosts
from memory_service.model.write import Forget
from tests.support.builders import a_put, a_vector, a_write, passages_of
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.model.filters import Filter
    from memory_service.protocols import Backend, Vector
    from memory_service.retrieval.ranking import Candidates

ONLY_FACTS = Compare(field=Field.KIND, operator=Operator.EQ, values=("fact",))
TALK = ("tea", "the comet", "milk", "bread", "honey", "the sun", "salt")


def gather(
    backend: Backend,
    query: str,
    *,
    vector: Vector | None = None,
    depth: int = 1,
    filter: Filter | None = None,
    boosts: Boosts | None = None,
    words: bool = True,
    now: datetime = START,
) -> Candidates | None:
    """The candidates of this query by its words, and by its vector if there is one."""
    with backend.reader("ns", filter=filter, now=START) as reader:
        gathering = Gathering(reader=reader, depth=depth, boosts=boosts or Boosts(), now=now)
        lexical = reader.lexical(query, depth) if words else None
        legs = Legs(query=query, lexical=lexical, vector=vector)
        return gathering.candidates(legs, Stopwatch(lambda: 0.0))


def ids(found: Candidates | None) -> list[str]:
    assert found is not None
    return list(found.ids)


def a_talk(backend: Backend, **kinds: str) -> None:
    """Turns of one session, called by their numbers; each has the vector of its number."""
    backend.apply(
        a_write(
            *(
                a_put(str(n), text, seed=n, session="s", turn=n, kind=kinds.get(f"k{n}", "fact"))
                for n, text in enumerate(TALK)
            )
        )
    )


def test_the_turns_beside_what_was_found_become_candidates(backend: Backend) -> None:
    a_talk(backend)

    assert ids(gather(backend, "comet")) == ["0", "1", "2"]
    assert ids(gather(backend, "tea")) == ["0", "1"]
    assert ids(gather(backend, "comet", vector=a_vector(5))) == ["0", "1", "2", "4", "5", "6"]
    assert ids(gather(backend, "comet", vector=a_vector(3))) == ["0", "1", "2", "3", "4"]


def test_an_entry_of_no_session_brings_nobody(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", "tea"), a_put("b", "the comet"), a_put("c", "milk")))

    assert ids(gather(backend, "comet")) == ["b"]


def test_what_is_gone_is_no_candidate_and_the_next_turn_takes_its_place(backend: Backend) -> None:
    a_talk(backend)
    backend.apply(a_write(Forget(id="2")))

    assert ids(gather(backend, "comet")) == ["0", "1", "3"]


def test_the_filter_holds_for_all_that_becomes_a_candidate(backend: Backend) -> None:
    a_talk(backend, k2="event", k5="event")

    found = gather(backend, "comet sun", vector=a_vector(5), depth=9, filter=ONLY_FACTS)
    few = gather(backend, "comet sun", filter=ONLY_FACTS)

    assert ids(found) == ["0", "1", "3", "4", "6"]
    assert ids(few) == ["0", "1"]


def test_candidates_rise_and_both_legs_score_all_of_them_exactly(backend: Backend) -> None:
    a_talk(backend)
    vector = a_vector(5)

    found = gather(backend, "comet sun", vector=vector)

    assert found is not None
    assert found.dense is not None
    assert found.lexical is not None
    assert (np.diff(found.ordinals) > 0).all()
    assert found.dense.ordinals.tolist() == found.ordinals.tolist()
    assert found.lexical.ordinals.tolist() == found.ordinals.tolist()
    cosines = [float(a_vector(int(id)).astype(np.float64) @ vector) for id in found.ids]
    assert found.dense.scores == pytest.approx(cosines, abs=1e-3)
    assert (found.lexical.scores > 0.0).tolist() == [id in ("1", "5") for id in found.ids]
    assert found.surroundings.before.tolist()[0] == -1


def test_a_missing_leg_is_missing_of_all(backend: Backend) -> None:
    a_talk(backend)

    by_words = gather(backend, "comet")
    by_meaning = gather(backend, "comet", vector=a_vector(1), words=False)

    assert by_words is not None
    assert by_meaning is not None
    assert (by_words.dense, by_meaning.lexical) == (None, None)
    assert ids(by_meaning) == ["0", "1", "2"]


def test_where_no_leg_finds_anything_there_are_no_candidates(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", "tea", seed=None)))

    assert gather(backend, "comet") is None
    assert gather(backend, "comet", vector=a_vector(1)) is None
    assert gather(backend, "tea", filter=ONLY_FACTS) is None


def test_the_background_is_how_the_namespace_scores_whatever_the_filter(backend: Backend) -> None:
    """Entries without a vector count for nothing, those of several passages by their best."""
    a_talk(backend, k1="event")
    several = replace(a_put("x", "oil"), passages=passages_of(a_put("x", "oil").draft, 8, 9))
    backend.apply(a_write(several, a_put("y", "ink", seed=None)))
    vector = a_vector(3)

    found = gather(backend, "sun", vector=vector, filter=ONLY_FACTS)

    assert found is not None
    stored = [a_vector(seed).astype(np.float16).astype(np.float64) @ vector for seed in range(10)]
    cosines = [*stored[: len(TALK)], max(stored[8:])]
    assert found.background.mean == pytest.approx(np.mean(cosines), abs=1e-6)
    assert found.background.deviation == pytest.approx(np.std(cosines), abs=1e-6)


def test_without_a_vector_there_is_no_background(backend: Backend) -> None:
    a_talk(backend)
    backend.apply(a_write(a_put("w", "the comet", seed=None), namespace="elsewhere"))

    found = gather(backend, "comet")

    assert found is not None
    assert (found.background.mean, found.background.deviation) == (0.0, 0.0)


def test_a_single_entry_has_no_deviation(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", "the comet", seed=1)))

    found = gather(backend, "comet", vector=a_vector(2))

    assert found is not None
    assert found.background.deviation == 0.0
    assert found.background.peak(np.array([1.0])) == 0.0


def test_where_all_entries_wait_for_vectors_there_is_no_background(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", "the comet", seed=None)))

    found = gather(backend, "comet", vector=a_vector(2))

    assert found is not None
    assert found.dense is not None
    assert np.isnan(found.dense.scores).all()
    assert found.background.deviation == 0.0


def test_an_entry_of_the_time_that_is_named_is_timely(backend: Backend) -> None:
    may = datetime(2024, 5, 20, 12, tzinfo=UTC)
    backend.apply(
        a_write(
            a_put("a", "the comet", event_time=may),
            a_put("b", "a comet", event_time=datetime(2020, 1, 1, tzinfo=UTC)),
            a_put("c", "comet"),
        )
    )

    named = gather(backend, "comet on 20 May 2024", depth=9, now=may)
    unnamed = gather(backend, "comet", depth=9, now=may)

    assert named is not None
    assert unnamed is not None
    assert named.timely is not None
    assert named.timely.tolist() == [1.0, 0.0, 0.0]
    assert unnamed.timely is None


def test_what_the_caller_boosts_is_raised(backend: Backend) -> None:
    backend.apply(
        a_write(a_put("a", "the comet", metadata={"importance": 1.0}), a_put("b", "a comet"))
    )

    plain = gather(backend, "comet", depth=9)
    boosted = gather(backend, "comet", depth=9, boosts=Boosts(importance=0.5))

    assert plain is not None
    assert boosted is not None
    assert plain.boosts is None or not plain.boosts.any()
    assert boosted.boosts is not None
    assert boosted.boosts.tolist() == [0.5, 0.0]
