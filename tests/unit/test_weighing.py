"""A linear ranking: which weights count where, and what each group gave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.retrieval.conversation import conversation
from memory_service.retrieval.features import FEATURES, GROUPS, Columns, LegColumns
from memory_service.retrieval.weighing import LinearWeights, RankingWeights, Weighed, weigh
from tests.support.candidates import Row, surroundings
from tests.support.ranking import alike

ROWS = (
    Row(id="a", session=1, speaker=0, length=4, asks=True),
    Row(id="b", session=1, speaker=1, length=2),
    Row(id="c", length=9),
    Row(id="d", session=1, speaker=0, length=7),
)
INSIDE = np.array([True, True, False, True])
WEIGHTS = st.dictionaries(
    st.sampled_from([*FEATURES]), st.floats(-5.0, 5.0).map(lambda x: round(x, 2))
)


def columns() -> Columns:
    legs = LegColumns(
        cosines=np.array([0.1, 0.7, 0.4, 0.5]),
        bm25=np.array([2.0, 0.0, 1.0, 0.5]),
        coverage=np.array([0.5, 0.0, 1.0, 0.25]),
        peak=0.5,
    )
    return Columns(legs, conversation("Ann?", np.arange(1, 5), surroundings(ROWS)))


def weighed(weights: LinearWeights) -> Weighed:
    return weigh(columns(), INSIDE, weights)


@given(WEIGHTS, WEIGHTS)
def test_a_value_is_the_weighted_sum_of_features(
    entry: dict[str, float], turn: dict[str, float]
) -> None:
    found = weighed(LinearWeights(entry=entry, turn=turn)).values

    table = {name: columns().of(name) for name in FEATURES}
    expected = [
        sum(weight * table[name][row] for name, weight in (turn if inside else entry).items())
        for row, inside in enumerate(INSIDE)
    ]
    assert found == pytest.approx(expected, abs=1e-9)


@given(WEIGHTS, WEIGHTS)
def test_the_parts_add_up_to_the_value(entry: dict[str, float], turn: dict[str, float]) -> None:
    found = weighed(LinearWeights(entry=entry, turn=turn))

    assert found.parts.keys() == {GROUPS[name] for name in (*entry, *turn)}
    total = sum(found.parts.values(), np.zeros(len(ROWS)))
    assert total == pytest.approx(found.values, abs=1e-9)


def test_features_of_one_group_are_one_part() -> None:
    found = weighed(alike({"lexical": 2.0, "coverage": 4.0, "dense": 1.0}))

    assert found.parts["lexical"].tolist() == [2.0 + 2.0, 0.0, 1.0 + 4.0, 0.5 + 1.0]
    assert found.parts["dense"] == pytest.approx([0.0, 1.0, 0.5, 2 / 3])


def test_without_weights_all_are_alike() -> None:
    found = weighed(alike({}))

    assert (found.values.tolist(), found.parts) == ([0.0] * 4, {})


def test_a_leg_without_weights_of_its_own_ranks_by_its_score() -> None:
    weights = RankingWeights(both=alike({}))

    assert weighed(weights.dense).values.tolist() == columns().of("dense").tolist()
    assert weighed(weights.lexical).values.tolist() == columns().of("lexical").tolist()
