"""Unit vectors to test with."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memory_service.protocols import Vectors


def random_vectors(count: int, dimensions: int, *, seed: int) -> Vectors:
    """Unit vectors in every direction; no two alike."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / lengths).astype(np.float32)
    return unit


def exact_vectors() -> Vectors:
    """24 unit vectors of 4 dimensions whose cosines are exact in any order of summing.

    Among so few, ties are the rule.
    """
    axes = np.concatenate([np.eye(4), -np.eye(4)])
    corners = np.array(list(product([0.5, -0.5], repeat=4)))
    return np.concatenate([axes, corners]).astype(np.float32)
