"""How similar a model finds unrelated texts."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.probe import cached_floor, measure_floor, probe_sentences
from tests.support.embedders import GatedEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.embedding.transformer import TransformerEmbedder


def test_the_probe_is_many_different_sentences() -> None:
    sentences = probe_sentences()

    assert len(set(sentences)) == len(sentences) >= 160
    assert all(sentence.strip() == sentence != "" for sentence in sentences)


def test_the_floor_is_the_mean_and_deviation_over_all_pairs() -> None:
    embedder = HashingEmbedder()
    vectors = [row.astype(float) for row in embedder.embed(probe_sentences())]
    cosines = [float(one @ other) for one, other in combinations(vectors, 2)]

    floor = measure_floor(embedder)

    assert floor.mean == pytest.approx(np.mean(cosines))
    assert floor.deviation == pytest.approx(np.std(cosines))


def test_it_is_measured_once_for_each_embedder(tmp_path: Path) -> None:
    embedder = GatedEmbedder()
    first = cached_floor(embedder, tmp_path / "cache")

    second = cached_floor(embedder, tmp_path / "cache")
    other = cached_floor(HashingEmbedder(dimensions=32), tmp_path / "cache")

    assert first == second != other
    assert len(embedder.passes) == 1


@pytest.mark.parametrize(
    "damage",
    [lambda _text: "{", lambda text: text.replace(": 0.", ": 0.1")],
    ids=["no JSON", "another number"],
)
def test_a_damaged_file_is_measured_anew(tmp_path: Path, damage: Callable[[str], str]) -> None:
    embedder = GatedEmbedder()
    first = cached_floor(embedder, tmp_path)
    for path in tmp_path.iterdir():
        path.write_text(damage(path.read_text()))

    assert cached_floor(embedder, tmp_path) == first
    assert cached_floor(embedder, tmp_path) == first
    assert len(embedder.passes) == 2


@pytest.mark.model
def test_minilm_finds_unrelated_sentences_unrelated(minilm: TransformerEmbedder) -> None:
    floor = measure_floor(minilm)

    assert abs(floor.mean) < 0.15
    assert 0 < floor.deviation < 0.15
