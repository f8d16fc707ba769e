"""What `bench-peers` gives to everybody: keys, vectors, questions, and the filling of a mix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.datasets import read_set
from benchmarks.peers_given import GivenEmbedder, give, read_vectors, write_vectors
from benchmarks.peers_mix import EVERYTHING, filled, mixed
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.errors import InvalidInputError
from memory_service.model.entry import Span
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.datasets import Dataset
    from benchmarks.peers_given import Given


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read_set(write_tiny_set(tmp_path))


@pytest.fixture
def given(dataset: Dataset) -> Given:
    return give(dataset, HashingEmbedder())


def test_everybody_is_given_one_vector_for_each_key_and_question(given: Given) -> None:
    model = HashingEmbedder()
    texts = [*given.entries.texts, *(one.text for one in given.asked)]
    vectors = [*given.entries.vectors, *(one.vector for one in given.asked)]

    assert given.entries.texts[0] == "[2024-05-01] Ann: The boat leaves from pier nine."
    np.testing.assert_array_equal(np.stack(vectors), model.embed(texts))


def test_a_long_text_is_given_the_vector_of_its_first_window(dataset: Dataset) -> None:
    model = HashingEmbedder(window=6)
    placed = dataset.entries[0]
    long = replace(placed, draft=replace(placed.draft, text="pier nine " * 20))

    given = give(replace(dataset, entries=(long,)), model)

    header = "[2024-05-01] Ann: "
    first = model.windows(header, long.draft.text)[0]
    window = header + long.draft.text[: first.stop]
    assert len(window) < len(given.entries.texts[0])
    np.testing.assert_array_equal(given.entries.vectors, model.embed([window]))


def test_the_engines_model_finds_its_vectors_and_cuts_nothing(given: Given) -> None:
    known = np.arange(64, dtype=np.float32)
    embedder = GivenEmbedder(HashingEmbedder(window=4), {"known": known})

    assert embedder.windows("header ", "a b c d e f") == [Span(start=0, stop=11)]
    np.testing.assert_array_equal(
        embedder.embed(["other", "known"]),
        np.stack([HashingEmbedder().embed(["other"])[0], known]),
    )


def test_questions_vectors_come_back_from_their_file(given: Given, tmp_path: Path) -> None:
    write_vectors(tmp_path / "vectors.npz", given.asked)

    read = read_vectors(tmp_path / "vectors.npz")

    assert read.keys() == {one.text for one in given.asked}
    assert all(np.array_equal(read[one.text], one.vector) for one in given.asked)


def test_a_mix_tells_sets_apart_and_keeps_whom_each_question_means(tmp_path: Path) -> None:
    one = read_set(write_tiny_set(tmp_path, name="one"))
    two = read_set(write_tiny_set(tmp_path, name="two", spaces=("talk-0",)))

    mix = mixed([one, two])

    ids = [placed.draft.id for placed in mix.entries]
    assert len(set(ids)) == len(ids) == len(one.entries) + len(two.entries)
    assert {placed.namespace for placed in mix.entries} == {EVERYTHING}
    assert len({placed.draft.session for placed in mix.entries}) == 3
    assert all(asked.gold.keys() <= set(ids) for asked in mix.questions)
    assert len(mix.questions) == 4 * 3


def test_sets_over_the_same_entries_are_in_a_mix_once(dataset: Dataset) -> None:
    mix = mixed([dataset, replace(dataset, name="again", questions=dataset.questions[:1])])

    assert len(mix.entries) == len(dataset.entries)
    assert len(mix.questions) == 8 + 1


def test_filling_is_the_same_for_a_seed_and_says_nothing_new(dataset: Dataset) -> None:
    given = give(mixed([dataset]), HashingEmbedder())

    first, again = (filled(given, 50, seed=3) for _ in range(2))

    words = {word for text in given.entries.texts for word in text.split()}
    bodies = [placed.draft.text for placed in first.dataset.entries[8:]]
    assert first.dataset == again.dataset
    assert first.entries.ids == tuple(placed.draft.id for placed in first.dataset.entries)
    assert len(set(first.entries.ids)) == 50
    assert {word for body in bodies for word in body.split()} <= {
        part for word in words for part in _words_of(word)
    }
    np.testing.assert_array_equal(first.entries.vectors, again.entries.vectors)
    np.testing.assert_allclose(np.linalg.norm(first.entries.vectors, axis=1), 1.0, atol=1e-6)


def _words_of(word: str) -> set[str]:
    """A word without what is no letter or digit around and inside it."""
    return set("".join(c if c.isalnum() else " " for c in word).split())


def test_a_mix_smaller_than_its_sets_is_refused(given: Given) -> None:
    with pytest.raises(InvalidInputError, match="8 entries"):
        filled(given, 7, seed=0)
