"""Folding: only what the shown entry says as well, and nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.duplicates import LIKENESS, Group, fold, suspects
from tests.support.builders import a_vector, an_entry
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.model.entry import Entry

MAY, JUNE = datetime(2024, 5, 3, tzinfo=UTC), datetime(2024, 6, 3, tzinfo=UTC)


def alike(count: int) -> np.ndarray:
    """The same vector for each."""
    return np.tile(a_vector(1), (count, 1))


def apart(count: int) -> np.ndarray:
    return np.full((count, 16), np.nan, dtype=np.float32)


def older_and_newer(older: str, newer: str, **fields: Any) -> list[Entry]:
    """The older ranks first."""
    late = {name.removeprefix("newer_"): value for name, value in fields.items()}
    early = {name: value for name, value in fields.items() if not name.startswith("newer_")}
    return [
        an_entry("old", older, ordinal=1, **early),
        an_entry("new", newer, ordinal=2, updated_at=START + timedelta(days=1), **late),
    ]


ONE = [Group(shown=1, best=0, folded=(0,))]
TWO = [Group(shown=0, best=0), Group(shown=1, best=1)]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("I like tea.", "i LIKE  tea"),
        ("“The launch” is in June!", "Launch is in June."),
        ("It\u2019s late", "it's late"),
        ("我喜欢茶。", "我 喜欢茶"),
        ("\uff21\uff22\uff23 stays", "abc stays"),
        ("!!!", "!!!"),
    ],
)
def test_the_same_words_say_the_same_whatever_the_vectors(older: str, newer: str) -> None:
    assert fold(older_and_newer(older, newer), apart(2)) == ONE


WORDS = st.lists(st.sampled_from(["tea", "don't", "hat", "9", "Ännchen", "茶"]), min_size=1)
AROUND = st.tuples(
    st.sampled_from(["", "the ", "A ", "an the ", "\u3000"]),
    st.sampled_from(["", "“", "(", "*_"]),
    st.booleans(),
    st.sampled_from(["", ",", "...", "!)", "”"]),
)


@given(words=WORDS, chance=st.data())
def test_the_same_words_say_the_same_whatever_stands_around_them(
    words: list[str], chance: st.DataObject
) -> None:
    def written() -> str:
        parts = []
        for word in words:
            article, opening, loud, closing = chance.draw(AROUND)
            parts.append(article + opening + (word.upper() if loud else word) + closing)
        return " ".join(parts)

    assert fold(older_and_newer(written(), written()), apart(2)) == ONE


def test_a_newer_entry_that_says_more_takes_the_older_in_when_it_is_close() -> None:
    entries = older_and_newer("Ann likes green tea", "Ann really likes green tea with milk")

    assert fold(entries, alike(2)) == ONE
    assert fold(entries, apart(2)) == TWO
    assert fold(entries, np.stack([a_vector(1), a_vector(2)])) == TWO
    assert fold(entries, np.empty((2, 0), dtype=np.float32)) == TWO


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("Ann likes green tea with milk", "Ann likes green tea"),
        ("The meeting is on May 3", "The meeting is on May 4"),
        ("The meeting is on May 3", "The meeting is on May 3 or 4"),
        ("I like tea", "I don't like tea"),
        ("I like tea", "I do not like tea"),
        ("我喜欢茶", "我不喜欢茶"),
        ("Tom owes Mary", "Mary owes Tom"),
        ("Signed before the deadline", "Signed after the deadline"),
        ("Bob likes tea.", "Bob likes tea?"),
        ("I write C++", "I write C#"),
        ("It is -5 degrees", "It is 5 degrees"),
        ("!!!", "..."),
    ],
)
def test_a_change_is_no_duplicate_however_close(older: str, newer: str) -> None:
    assert fold(older_and_newer(older, newer), alike(2)) == TWO


@pytest.mark.parametrize("field", ["speaker", "scope"])
def test_others_words_are_others(field: str) -> None:
    entries = older_and_newer("I like tea", "I like tea", **{field: "a", f"newer_{field}": "b"})

    assert fold(entries, alike(2)) == TWO


@pytest.mark.parametrize(
    "text", ["I ran yesterday", "Next month I show my art", "我明天去", "On Monday"]
)
def test_what_depends_on_its_day_is_the_same_on_one_day_alone(text: str) -> None:
    apart_in_time = older_and_newer(text, text, event_time=MAY, newer_event_time=JUNE)
    of_one_day = older_and_newer(text, text, event_time=MAY)

    assert fold(apart_in_time, alike(2)) == TWO
    assert fold(of_one_day, alike(2)) == ONE


def test_what_does_not_depend_on_its_day_is_the_same_on_any() -> None:
    entries = older_and_newer("I like tea", "I like tea", event_time=MAY, newer_event_time=JUNE)

    assert fold(entries, alike(2)) == ONE


def test_the_last_written_is_shown_ties_by_ordinal_and_folded_ones_are_newest_first() -> None:
    entries = [
        an_entry("a", "tea", ordinal=9),
        an_entry("b", "tea", ordinal=3, updated_at=START + timedelta(days=1)),
        an_entry("c", "tea", ordinal=10),
    ]

    assert fold(entries, apart(3)) == [Group(shown=1, best=0, folded=(2, 0))]


def test_nothing_is_folded_over_a_third() -> None:
    """The shown one says all that each of the others says; likeness is not passed on."""
    texts = ["tea with milk", "tea", "tea with sugar"]
    entries = [an_entry(text, text, ordinal=place) for place, text in enumerate(texts)]

    assert fold(entries, alike(3)) == [
        Group(shown=0, best=0),
        Group(shown=2, best=1, folded=(1,)),
    ]


def test_nothing_gives_nothing() -> None:
    assert fold([], apart(0)) == []


TEXTS = st.lists(st.sampled_from(["tea", "tea milk", "milk tea", "no tea", "tea 3"]), max_size=8)


@given(texts=TEXTS, shuffled=st.randoms(use_true_random=False))
def test_every_entry_is_in_one_group_whatever_the_order(texts: list[str], shuffled: Any) -> None:
    entries = [an_entry(str(place), text, ordinal=place) for place, text in enumerate(texts)]
    order = list(range(len(entries)))
    shuffled.shuffle(order)

    straight = fold(entries, alike(len(texts)))
    mixed = fold([entries[place] for place in order], alike(len(texts)))

    members = sorted(place for group in straight for place in (group.shown, *group.folded))
    assert members == list(range(len(entries)))
    assert [group.best for group in mixed] == sorted(group.best for group in mixed)
    assert {
        (order[group.shown], frozenset(order[one] for one in group.folded)) for group in mixed
    } == {(group.shown, frozenset(group.folded)) for group in straight}


@given(seeds=st.lists(st.integers(1, 3), min_size=1, max_size=8), data=st.data())
def test_every_row_that_is_close_is_suspected(seeds: list[int], data: st.DataObject) -> None:
    vectors = np.stack([a_vector(seed) for seed in seeds])
    vectors[0] = np.nan
    leading = data.draw(st.lists(st.integers(0, len(seeds) - 1), unique=True))

    found = suspects(vectors, np.array(leading, np.int64))

    close = vectors @ vectors.T >= LIKENESS
    assert found.tolist() == close[:, leading].any(axis=1).tolist()


def test_without_vectors_nothing_is_suspected() -> None:
    assert not suspects(np.empty((5, 0), dtype=np.float32), np.arange(2)).any()
