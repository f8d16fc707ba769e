"""What every backend promises of its two legs: words and vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.model.entry import Span, contextual_key
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.write import AddVectors, Forget, OutcomeStatus
from tests.support.backends import entry_of, idf, outcome_of
from tests.support.builders import a_draft, a_put, a_vector, a_write, passages_of
from tests.support.clock import START
from tests.support.dict_backend import DictBackend

if TYPE_CHECKING:
    from memory_service.protocols import Backend


def test_an_entry_without_vectors_is_found_by_words_until_they_come(backend: Backend) -> None:
    backend.apply(a_write(a_put(seed=None)))

    waiting = backend.pending(5)
    with backend.reader("ns", filter=None, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == [1]
        assert reader.dense(a_vector(1), 5).ordinals.tolist() == []
    add = AddVectors(ordinal=1, passages=passages_of(a_draft(), 1, 2))
    outcome = outcome_of(backend, add)

    assert [(each.namespace, each.ordinal) for each in waiting] == [("ns", 1)]
    assert waiting[0].key == contextual_key(a_draft())
    assert (outcome.status, outcome.embedded) == (OutcomeStatus.UPDATED, True)
    assert outcome_of(backend, add).status is OutcomeStatus.MISSING
    assert backend.pending(5) == []
    assert (entry_of(backend).embedded, entry_of(backend).version) == (True, 1)
    with backend.reader("ns", filter=None, now=START) as reader:
        leg = reader.dense(a_vector(2), 5)
        assert (leg.ordinals.tolist(), leg.parts.tolist()) == ([1], [1])


def test_vectors_for_a_version_that_is_gone_are_ignored(backend: Backend) -> None:
    backend.apply(a_write(a_put(seed=None), a_put(text="New.", seed=None, if_version=1)))

    add = AddVectors(ordinal=1, passages=passages_of(a_draft(), 1))

    assert outcome_of(backend, add).status is OutcomeStatus.MISSING
    assert len(backend.pending(5)) == 1


def test_an_entry_of_several_passages_comes_with_their_spans(backend: Backend) -> None:
    put = replace(a_put(), passages=passages_of(a_draft(), 4, 5))
    backend.apply(a_write(put))

    with backend.reader("ns", filter=None, now=START) as reader:
        leg = reader.dense(a_vector(5), 1)
        fetched = reader.fetch(leg.ordinals)[0]

    assert leg.scores[0] == pytest.approx(1.0, abs=1e-3)
    assert fetched is not None
    assert fetched.spans[leg.parts[0]] == Span(start=12, stop=25)
    assert fetched.spans == tuple(passage.span for passage in put.passages or ())


def test_a_filter_restricts_both_legs_and_leaves_the_statistics(backend: Backend) -> None:
    puts = [a_put(id, seed=seed, kind=id) for seed, id in enumerate("abc")]
    backend.apply(a_write(*puts))
    only_b = Compare(field=Field.KIND, operator=Operator.EQ, values=("b",))

    with backend.reader("ns", filter=only_b, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == [2]
        assert reader.dense(a_vector(0), 5).ordinals.tolist() == [2]
        assert reader.recent(5).tolist() == [2]
        assert reader.lexical("zebra", 1).query.bound == pytest.approx(idf(0, of=3))


@pytest.mark.parametrize("kind", [None, "b"])
def test_any_live_entry_can_be_scored_whatever_was_found(
    backend: Backend, kind: str | None
) -> None:
    """Neighbours of candidates are scored too; neither the depth nor the filter keeps them out."""
    texts = ["june", "june in june", "the rocket", "june and other words"]
    puts = [
        a_put(id, text, seed=seed, kind=id)
        for seed, (id, text) in enumerate(zip("abcd", texts, strict=True))
    ]
    backend.apply(a_write(*puts, a_put("e", "june", seed=None), Forget(id="d")))
    every = np.array([4, 2, 5, 1, 3, 99])
    with backend.reader("ns", filter=None, now=START) as reader:
        found = reader.lexical("june", 10)
        cosines = reader.dense(a_vector(1), 10)
    wanted = dict(zip(found.ordinals.tolist(), found.scores.tolist(), strict=True))

    only = Compare(field=Field.KIND, operator=Operator.EQ, values=(kind,)) if kind else None
    with backend.reader("ns", filter=only, now=START) as reader:
        lexical = reader.score_lexical(reader.lexical("june", 1).query, every)
        dense = reader.score_dense(a_vector(1), every)

    np.testing.assert_allclose(
        lexical.scores, [wanted.get(int(ordinal), 0.0) for ordinal in every], atol=1e-9
    )
    assert sorted(wanted) == [1, 2, 5]
    assert np.isnan(dense.scores).tolist() == [True, False, True, False, False, True]
    by_ordinal = dict(zip(cosines.ordinals.tolist(), cosines.scores.tolist(), strict=True))
    np.testing.assert_array_equal(dense.scores[[1, 3, 4]], [by_ordinal[n] for n in (2, 1, 3)])


def test_namespaces_do_not_see_each_other(backend: Backend) -> None:
    backend.apply(a_write(a_put("a", text="rocket"), namespace="one"))
    backend.apply(a_write(a_put("b", text="june"), namespace="two"))

    with backend.reader("one", filter=None, now=START) as reader:
        assert reader.lexical("june", 5).ordinals.tolist() == []
        assert reader.dense(a_vector(1), 5).ordinals.tolist() == [1]
        assert reader.fetch(np.array([2])) == [None]
        assert reader.neighbours(2, 1, 1) == []


def test_more_than_sixty_four_words_still_score_exactly(backend: Backend) -> None:
    words = [f"w{number}" for number in range(80)]
    puts = [a_put(str(n), text=" ".join(words[: n * 10 + 1]), seed=None) for n in range(8)]
    backend.apply(a_write(*puts))
    oracle = DictBackend()
    oracle.apply(a_write(*puts))

    with (
        backend.reader("ns", filter=None, now=START) as reader,
        oracle.reader("ns", filter=None, now=START) as wanted,
    ):
        found, expected = (each.lexical(" ".join(words), 10) for each in (reader, wanted))

    np.testing.assert_array_equal(found.ordinals, expected.ordinals)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)
    np.testing.assert_array_equal(found.matched, expected.matched)
    assert [term.entries for term in found.query.terms] == [
        term.entries for term in expected.query.terms
    ]


def test_a_query_without_a_known_word_has_a_bound_and_no_hits(backend: Backend) -> None:
    backend.apply(a_write(a_put()))

    with backend.reader("ns", filter=None, now=START) as reader:
        nothing, unknown = reader.lexical("!?", 5), reader.lexical("zebra zebra", 5)

    assert (nothing.query.terms, nothing.query.bound) == ((), 0.0)
    assert unknown.ordinals.tolist() == []
    assert [(term.word, term.count) for term in unknown.query.terms] == [("zebra", 2)]
    assert unknown.query.bound == pytest.approx(2 * unknown.query.terms[0].idf)
