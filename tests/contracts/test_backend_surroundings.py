"""What every backend promises of an entry's surroundings: its session, speaker, date and vector."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.index.analysis.analyser import Analyser
from memory_service.model.entry import contextual_key
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.write import AddVectors, DropNamespace, Forget
from tests.support.builders import a_draft, a_put, a_vector, a_write, passages_of
from tests.support.clock import START
from tests.support.stores import assert_equal_surroundings

if TYPE_CHECKING:
    from memory_service.model.filters import Filter
    from memory_service.model.read import Ordinals, Surroundings
    from memory_service.model.write import Put
    from memory_service.protocols import Backend

ONLY_FACTS = Compare(field=Field.KIND, operator=Operator.EQ, values=("fact",))


def a_session(*turns: int | None, **fields: object) -> list[Put]:
    """An entry per turn, called by it and written in this order."""
    return [a_put(str(turn), session="s", turn=turn, **fields) for turn in turns]  # type: ignore[arg-type]  # of a_put


def look(
    backend: Backend, *ordinals: int, now: datetime = START, filter: Filter | None = None
) -> Surroundings:
    """What is around these; with their neighbours the same is said of these and those."""
    with backend.reader("ns", filter=filter, now=now) as reader:
        found = reader.surroundings(np.array(ordinals))
        wider = reader.with_neighbours(np.array(ordinals))
        alive = np.isfinite(reader.surroundings(wider.ordinals).written)
        assert alive.all()
        assert_equal_surroundings(wider, reader.surroundings(wider.ordinals))
        there = np.isfinite(found.written)
    named = {*np.array(ordinals)[there].tolist(), *found.before.tolist(), *found.after.tolist()}
    assert wider.ordinals.tolist() == sorted(named - {-1})
    return found


def around(
    backend: Backend, ordinal: int, reach: int, now: datetime = START, filter: Filter | None = None
) -> list[int]:
    with backend.reader("ns", filter=filter, now=now) as reader:
        found: list[int] = reader.around(np.array([ordinal]), reach)[0].tolist()
    return found


def test_neighbours_stand_by_turn_then_as_first_written(backend: Backend) -> None:
    backend.apply(a_write(*a_session(2, 1, None, 3), a_put("x", session="s", turn=2)))
    backend.apply(a_write(a_put("2", "New.", session="s", turn=2, if_version=1)))
    first_two, one, none, three, second_two = 6, 2, 3, 4, 5

    found = look(backend, none, one, first_two, second_two, three)

    assert found.before.tolist() == [-1, none, one, first_two, second_two]
    assert found.after.tolist() == [one, first_two, second_two, three, -1]
    assert around(backend, first_two, 1) == [one, second_two]
    assert around(backend, first_two, 9) == [none, one, second_two, three]
    assert around(backend, first_two, 0) == []


def test_another_session_or_none_is_nobodys_neighbour(backend: Backend) -> None:
    other = a_put("o", session="other", turn=2)
    backend.apply(a_write(*a_session(1, 2), other, a_put("y"), a_put("z")))
    backend.apply(a_write(a_put("n", session="s", turn=1), namespace="elsewhere"))

    found = look(backend, 1, 2, 3, 4, 5)

    assert found.before.tolist() == [-1, 1, -1, -1, -1]
    assert found.after.tolist() == [2, -1, -1, -1, -1]
    same = found.sessions[:, np.newaxis] == found.sessions
    assert same[:3, :3].tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert found.sessions[3:].tolist() == [-1, -1]
    assert around(backend, 3, 5) == around(backend, 4, 5) == []


def test_what_is_forgotten_or_expired_is_stepped_over(backend: Backend) -> None:
    expires = START + timedelta(hours=1)
    backend.apply(a_write(*a_session(1), *a_session(2, 3, expires_at=expires), *a_session(4, 5)))
    backend.apply(a_write(Forget(id="4")))

    before, after = (look(backend, 1, 2, 5, 4, now=now) for now in (START, expires))

    assert before.after.tolist() == [2, 3, -1, -1]
    assert (after.after.tolist(), after.before.tolist()) == ([5, -1, -1, -1], [-1, -1, 1, -1])
    assert around(backend, 5, 1, now=expires) == [1]
    assert around(backend, 2, 1, now=expires) == []


def test_a_side_ends_at_a_neighbour_that_does_not_pass_the_filter(backend: Backend) -> None:
    facts = {
        kind: a_session(*turns, kind=kind) for kind, turns in (("fact", (1, 2, 4)), ("x", (3,)))
    }
    backend.apply(a_write(*facts["fact"], *facts["x"], *a_session(5, kind="fact")))
    two, four, three = 2, 3, 4

    found = look(backend, two, four, three, filter=ONLY_FACTS)

    assert found.before.tolist() == [1, -1, two]
    assert found.after.tolist() == [-1, 5, four]
    assert found.sessions.tolist() == [found.sessions[0]] * 3
    assert around(backend, two, 9, filter=ONLY_FACTS) == [1]
    assert around(backend, three, 1, filter=ONLY_FACTS) == [two, four]


def test_an_edit_moves_an_entry_to_its_new_place(backend: Backend) -> None:
    backend.apply(a_write(*a_session(1, 2, 3), a_put("o", session="other", turn=1)))

    backend.apply(a_write(a_put("1", session="s", turn=9, if_version=1)))
    moved = look(backend, 2, 3, 5, 1)
    backend.apply(a_write(a_put("1", session="other", turn=9, if_version=2)))
    left = look(backend, 3, 4, 6)
    backend.apply(a_write(a_put("1", if_version=3)))
    alone = look(backend, 4, 7)

    assert (moved.before.tolist(), moved.after.tolist()) == ([-1, 2, 3, -1], [3, 5, -1, -1])
    assert (left.before.tolist(), left.after.tolist()) == ([2, -1, 4], [-1, 6, -1])
    assert (alone.before.tolist(), alone.after.tolist()) == ([-1, -1], [-1, -1])


def test_it_is_known_how_many_wait_for_their_vectors(backend: Backend) -> None:
    backend.apply(a_write(*a_session(1, 2, seed=None), a_put("3")))

    with backend.reader("ns", filter=ONLY_FACTS, now=START) as reader:
        before = reader.waiting()
    backend.apply(a_write(AddVectors(ordinal=1, passages=passages_of(a_draft(), 1))))
    with backend.reader("ns", filter=None, now=START) as reader:
        after = reader.waiting()

    assert (before, after) == (2, 1)


def test_late_vectors_leave_an_entry_in_its_place(backend: Backend) -> None:
    backend.apply(a_write(*a_session(1, 2, 3, seed=None)))

    backend.apply(a_write(AddVectors(ordinal=2, passages=passages_of(a_draft(), 1))))

    assert around(backend, 2, 1) == [1, 3]
    assert look(backend, 1, 2, 3).after.tolist() == [2, 3, -1]


def test_a_session_that_comes_again_after_a_drop_is_another(backend: Backend) -> None:
    backend.apply(a_write(*a_session(1, 2)))
    backend.apply(a_write(DropNamespace()))

    backend.apply(a_write(*a_session(1, 2)))

    assert backend.changes(3, 1)[0].position.seq == 4
    assert look(backend, 1, 2, 4, 5).after.tolist() == [-1, -1, 5, -1]


def test_speakers_are_named_in_order_of_first_appearance(backend: Backend) -> None:
    speakers = ["Bob", None, "Ann", "Bob", "Zoë"]
    backend.apply(a_write(*(a_put(str(n), speaker=name) for n, name in enumerate(speakers))))

    found = look(backend, 3, 2, 1, 99, 4)

    assert found.speaker_names == ("Ann", "Bob")
    assert found.speakers.tolist() == [0, -1, 1, -1, 1]


def test_columns_say_length_question_date_and_time_of_writing(backend: Backend) -> None:
    west = timezone(timedelta(hours=-5))
    evening = datetime(2024, 3, 1, 22, 0, tzinfo=west)
    put = a_put("a", "Is the rocket ready?", event_time=evening)
    backend.apply(a_write(put, a_put("b", "See x?.y", summary="Why?"), now=START))
    later = START + timedelta(hours=1)
    backend.apply(a_write(a_put("b", "It is.", event_time=START, if_version=1), now=later))

    found = look(backend, 1, 3, 2, now=later)

    assert found.asks.tolist() == [True, False, False]
    edited = a_draft("b", "It is.", event_time=START)
    terms = [Analyser("english").index_terms(contextual_key(d).text) for d in (put.draft, edited)]
    assert found.lengths.tolist() == [*map(len, terms), 0]
    march_first = (datetime(2024, 3, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    np.testing.assert_array_equal(found.days, [march_first, START.toordinal() - 719_163, np.nan])
    np.testing.assert_array_equal(found.written, [START.timestamp(), later.timestamp(), np.nan])


def test_of_the_unknown_nothing_is_known(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", session="s", speaker="Ann"), a_put("b")))
    backend.apply(a_write(Forget(id="a")))

    with backend.reader("ns", filter=None, now=START) as reader:
        gone = reader.surroundings(np.array([1, 7, -1]))
        nothing = reader.surroundings(np.array([], np.int64))
        assert [each.tolist() for each in reader.around(np.array([1, 7]), 3)] == [[], []]
        assert reader.around(np.array([], np.int64), 3) == []
        assert np.isnan(reader.numbers(np.array([1, 7]), ["x"])).all()
        assert np.isnan(reader.vectors(np.array([1, 7]))).all()

    for column in (gone.before, gone.after, gone.sessions, gone.speakers):
        assert column.tolist() == [-1, -1, -1]
        assert column.dtype == np.int64
    assert (gone.lengths.tolist(), gone.asks.tolist()) == ([0] * 3, [False] * 3)
    assert np.isnan([gone.days, gone.written]).all()
    assert (gone.speaker_names, nothing.speaker_names) == ((), ())
    assert len(nothing.before) == len(nothing.days) == 0


def test_vectors_come_back_as_they_are_stored(backend: Backend) -> None:
    several = replace(a_put("b"), passages=passages_of(a_draft(), 4, 5))
    backend.apply(a_write(a_put("a", seed=3), several, a_put("c", seed=None)))

    with backend.reader("ns", filter=ONLY_FACTS, now=START) as reader:
        found = reader.vectors(np.array([3, 1, 2]))
        none = reader.vectors(np.array([], np.int64))

    assert (len(found), len(none)) == (3, 0)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[1], a_vector(3).astype(np.float16).astype(np.float32))
    assert np.isnan(found[[0, 2]]).all()


@pytest.mark.parametrize("ordinals", [[1, 2, 3], [3, 99, 1]])
def test_numbers_come_from_the_metadata(backend: Backend, ordinals: list[int]) -> None:
    metadata = [{"a/b": 1, "weight": 0.5}, {"weight": True, "a/b": "2"}, {"weight": -7}]
    backend.apply(a_write(*(a_put(str(n), metadata=each) for n, each in enumerate(metadata))))
    values = {1: [0.5, 1.0], 3: [-7.0, np.nan]}

    with backend.reader("ns", filter=None, now=START) as reader:
        found = reader.numbers(np.array(ordinals), ["weight", "a/b"])
        no_names = reader.numbers(np.array(ordinals), [])

    wanted = [values.get(ordinal, [np.nan, np.nan]) for ordinal in ordinals]
    np.testing.assert_array_equal(found, wanted)
    assert no_names.shape == (3, 0)


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_a_long_session_stays_in_order_however_it_is_written(backend: Backend, order: str) -> None:
    turns = np.arange(150)
    if order == "shuffled":
        np.random.default_rng(3).shuffle(turns)
    turns = turns[::-1] if order == "backwards" else turns
    backend.apply(a_write(*a_session(*turns.tolist(), seed=None)))
    backend.apply(a_write(*(Forget(id=str(turn)) for turn in range(0, 150, 3))))
    ordinal_of: Ordinals = np.argsort(turns) + 1

    found = look(backend, *ordinal_of.tolist())

    left = [turn for turn in range(150) if turn % 3]
    assert found.after[left[:-1]].tolist() == ordinal_of[left[1:]].tolist()
    assert found.before[left[1:]].tolist() == ordinal_of[left[:-1]].tolist()
    assert around(backend, int(ordinal_of[100]), 2) == ordinal_of[[97, 98, 101, 103]].tolist()
