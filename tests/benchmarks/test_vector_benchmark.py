"""The vector leg's benchmark: its vectors, its truth, and one run of all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.seeded_vectors import BLOCK, SeededVectors
from benchmarks.vector import main
from benchmarks.vector_truth import best_of, recall
from memory_service.index.vectors.halves import halved, widened
from tests.support.vectors import random_vectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.model.read import Ordinals
    from memory_service.protocols import Vector

DIMENSIONS = 16


def test_seeded_vectors_are_the_same_however_many_are_made() -> None:
    seeded = SeededVectors(dimensions=DIMENSIONS, seed=1)

    few, more = next(iter(seeded.blocks(50))), list(seeded.blocks(BLOCK + 5))
    again = next(iter(SeededVectors(dimensions=DIMENSIONS, seed=1).blocks(50)))

    assert [len(block) for block in more] == [BLOCK, 5]
    np.testing.assert_array_equal(few, more[0][:50])
    np.testing.assert_array_equal(few, again)
    np.testing.assert_allclose(np.linalg.norm(few, axis=1), 1, atol=1e-6)
    assert not np.isin(seeded.queries(5), more[0]).any()


def test_the_best_are_those_of_one_look_at_everything() -> None:
    vectors, queries = random_vectors(90, DIMENSIONS, seed=2), random_vectors(4, DIMENSIONS, seed=3)
    odd = np.arange(90) % 2 == 1
    scores = queries @ widened(halved(vectors)).T

    best = best_of(
        [vectors[:40], vectors[40:]], queries, 7, {"all": np.ones(90, np.bool_), "odd": odd}
    )

    np.testing.assert_array_equal(best["all"], np.argsort(-scores, axis=1)[:, :7])
    expected = np.argsort(np.where(odd, -scores, np.inf), axis=1)[:, :7]
    np.testing.assert_array_equal(best["odd"], expected)
    assert recall(_found(best["all"][0]), queries[:1], best["all"][:1], 7) == 1
    assert recall(_found(best["all"][0][::-1]), queries[:1], best["all"][:1], 1) == 0


def _found(numbers: Ordinals) -> Callable[[Vector], Ordinals]:
    return lambda _: numbers


@pytest.mark.process
def test_one_run_measures_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vectors = random_vectors(300, DIMENSIONS, seed=4)
    np.savez(tmp_path / "vectors-x.npz", vectors=vectors, digests=np.zeros((300, 16), np.uint8))
    sizes = ["--sizes", "1200", "--dimensions", str(DIMENSIONS), "--queries", "5"]
    folders = ["--results", str(tmp_path), "--vectors", str(tmp_path)]

    main([*sizes, *folders, "--namespaces", "20"])

    result = json.loads((tmp_path / f"vector-1200-{DIMENSIONS}.json").read_bytes())
    assert result["milliseconds"]["ours"]["recall"] == 1
    assert result["milliseconds"]["FAISS flat"]["recall"] == 1
    assert [under["recall"] for under in result["filters"].values()] == [1] * 5
    assert result["forgotten"]["after"]["recall"] == 1
    assert result["tiny"]["namespaces"] == 20
    assert set(result["real"]["kinds"]) == {"one list", "lists"}
    assert "1,200 vectors of 16 dimensions" in capsys.readouterr().out
