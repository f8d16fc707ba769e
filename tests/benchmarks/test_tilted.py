"""A model of high cosines that knows what the plain one knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.tilted import TiltedEmbedder, tilt
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.probe import measure_floor
from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.protocols import Vector, Vectors

_SHARE = 0.6
_TEXTS = [f"text {number}" for number in range(40)]


class _FlatEmbedder(HashingEmbedder):
    """Vectors without a share in the last direction of the space."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = super().embed(texts)
        vectors[:, -1] = 0.0
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _last_direction(dimensions: int) -> Vector:
    return np.asarray(np.eye(dimensions)[-1], np.float32)


def _cosines(vectors: Vectors) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    exact = vectors.astype(np.float64)
    return np.asarray(exact @ exact.T)


def test_unrelated_texts_have_the_cosine_that_was_aimed_at() -> None:
    floor = measure_floor(tilt(HashingEmbedder(dimensions=256)))

    assert floor.mean == pytest.approx(0.75, abs=0.02)
    assert floor.deviation < 0.5 * measure_floor(HashingEmbedder(dimensions=256)).deviation


def test_vectors_have_length_one() -> None:
    vectors = tilt(HashingEmbedder()).embed(_TEXTS)

    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)


def test_cosines_are_raised_and_narrowed_alike_so_the_order_stays() -> None:
    plain = _FlatEmbedder(dimensions=48)
    tilted = TiltedEmbedder(plain, direction=_last_direction(48), share=_SHARE)

    before, after = _cosines(plain.embed(_TEXTS)), _cosines(tilted.embed(_TEXTS))

    np.testing.assert_allclose(after, _SHARE + (1.0 - _SHARE) * before, atol=1e-6)
    rounded = np.round(before, 6)
    order = np.argsort(-rounded, axis=1, kind="stable")
    falling = np.take_along_axis(after, order, axis=1)
    assert (np.diff(falling, axis=1) < 1e-6).all()


def test_it_is_another_model_but_always_the_same_one() -> None:
    plain = HashingEmbedder()

    tilted = tilt(plain)

    assert tilted.identity == tilt(HashingEmbedder()).identity
    hashes = {
        embedder.identity.sha256
        for embedder in (plain, tilted, tilt(plain, mean_cosine=0.5), tilt(plain, seed=1))
    }
    assert len(hashes) == 4
    assert tilted.identity == replace(
        plain.identity, name="hashing-tilted", sha256=tilted.identity.sha256
    )


def test_it_cuts_as_the_plain_model_and_closes_it() -> None:
    plain = HashingEmbedder(window=4)
    tilted = tilt(plain)
    body = "one two three four five six seven"

    assert tilted.windows("head", body) == plain.windows("head", body)
    tilted.close()
    with pytest.raises(UnavailableError):
        plain.embed(["one"])


def test_a_model_cannot_be_tilted_back() -> None:
    with pytest.raises(ValueError, match="already"):
        tilt(tilt(HashingEmbedder()), mean_cosine=0.5)
