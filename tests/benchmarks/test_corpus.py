"""The texts that benchmarks at scale are made of."""

from __future__ import annotations

import numpy as np

from benchmarks.corpus import BLOCK, SUBJECT, Corpus
from memory_service.index.analysis.analyser import Analyser


def test_any_block_is_the_same_whatever_was_made_before() -> None:
    corpus = Corpus(seed=3)

    *_, last = corpus.blocks(BLOCK + 50)
    again = Corpus(seed=3).block(1)

    assert (last.first, len(last)) == (BLOCK, 50)
    for place in (0, 49):
        np.testing.assert_array_equal(last.entry(place), again.entry(place))


def test_lengths_and_the_words_of_the_subject_are_as_promised() -> None:
    corpus = Corpus(seed=0)
    block = corpus.block(0)
    words = len(corpus.vocabulary)

    lengths = np.diff(block.starts)
    shares = [np.mean(block.words == words - 3 + place) * lengths.mean() for place in range(3)]

    assert 19 < lengths.mean() < 22
    np.testing.assert_allclose(shares, SUBJECT, atol=0.02)
    ranked = np.sort(np.bincount(block.words))[::-1]
    assert ranked[3] > 10 * ranked[1_000] > 0


def test_every_word_is_one_term_of_its_own() -> None:
    corpus = Corpus(seed=0)
    words = corpus.vocabulary[::40]

    terms = Analyser().index_terms(" ".join(words))

    assert len(set(corpus.vocabulary)) == len(corpus.vocabulary)
    assert len(terms) == len(words)
    assert len(set(terms)) > 0.999 * len(words)


def test_queries_name_words_of_entries_and_heavy_ones_what_many_hold() -> None:
    corpus = Corpus(seed=0)
    subject = len(corpus.vocabulary) - len(SUBJECT)

    normal, heavy = (corpus.queries(10, entries=300, heavy=heavy) for heavy in (False, True))

    assert normal == corpus.queries(10, entries=300, heavy=False)
    assert all(subject in query for query in heavy)
    held = {*corpus.block(0, 300).words.tolist(), subject, subject + 1}
    for query in normal + heavy:
        assert len(set(query)) == len(query)
        assert set(query) <= held
