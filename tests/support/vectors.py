"""Unit vectors to test with."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.protocols import Vectors


def random_vectors(count: int, dimensions: int, *, seed: int) -> Vectors:
    """Unit vectors in every direction, as 16 bits hold them; no two alike."""
    return unit(np.random.default_rng(seed).standard_normal((count, dimensions)))


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """These at length one, as 16 bits hold them."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / lengths).astype(np.float16).astype(np.float32)
    return scaled


def exact_vectors() -> Vectors:
    """24 unit vectors of 4 dimensions whose cosines are exact in any order of summing.

    Among so few, ties are the rule.
    """
    axes = np.concatenate([np.eye(4), -np.eye(4)])
    corners = np.array(list(product([0.5, -0.5], repeat=4)))
    return np.concatenate([axes, corners]).astype(np.float32)
