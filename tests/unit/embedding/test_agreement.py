"""How close two embedders of one model come."""

from __future__ import annotations

import numpy as np
import pytest

from memory_service.embedding.agreement import Agreement, compare, compared_texts
from memory_service.embedding.probe import probe_sentences


def unit_vectors(count: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def test_equal_vectors_agree_and_turned_ones_have_the_same_neighbours() -> None:
    vectors = unit_vectors(40, seed=0)
    turned = np.roll(vectors, 1, axis=1)

    assert compare(vectors, vectors).mean_cosine == pytest.approx(1)
    assert compare(vectors, vectors).top_10 == 1
    assert compare(vectors, turned).top_10 == 1
    assert compare(vectors, turned).mean_cosine < 0.9


def test_neighbours_are_the_ten_nearest_others() -> None:
    one, other = unit_vectors(40, seed=0), unit_vectors(40, seed=1)

    def nearest(vectors: np.ndarray, row: int) -> set[int]:
        cosines = [(-float(vectors[row] @ vectors[at]), at) for at in range(40) if at != row]
        return {at for _, at in sorted(cosines)[:10]}

    expected = np.mean([len(nearest(one, row) & nearest(other, row)) / 10 for row in range(40)])

    assert compare(one, other).top_10 == pytest.approx(expected)


def test_both_measures_must_be_enough_and_nan_is_not() -> None:
    broken = np.full((40, 16), np.nan, dtype=np.float32)

    assert Agreement(mean_cosine=0.98, top_10=0.80).enough
    assert not Agreement(mean_cosine=0.979, top_10=1).enough
    assert not Agreement(mean_cosine=1, top_10=0.79).enough
    assert not compare(unit_vectors(40, seed=0), broken).enough


def test_sentences_and_passages_are_compared() -> None:
    texts = compared_texts()

    assert texts[: len(probe_sentences())] == probe_sentences()
    assert max(map(len, texts)) > 4 * max(map(len, probe_sentences()))
