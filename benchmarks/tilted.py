"""A model whose unrelated texts all look alike, made from one whose do not.

Some embedders give any two texts a cosine of about 0.75.  What was fitted on a model without
that habit must hold for them as well, so here is such a model that knows exactly what the plain
one knows: its vectors with a constant direction mixed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.embedding.probe import measure_floor, probe_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.entry import Span
    from memory_service.protocols import Embedder, EmbedderIdentity, Vector, Vectors

#: The mean cosine of unrelated texts that is aimed at.
MEAN_COSINE = 0.75


class TiltedEmbedder:
    """Mixes one direction into every vector: `normalise(sqrt(1 - c) v + sqrt(c) u)`.

    Where `v` has no share in `u`, every cosine `x` becomes exactly `c + (1 - c) x`, and the
    order stays.  Real vectors have some share in any direction of their space, so a few texts
    that were nearly equally near change places.

    Args:
        inner: The plain model; closed with this one.
        direction: `u`, a unit vector.
        share: `c`, from 0 to below 1.
    """

    def __init__(self, inner: Embedder, *, direction: Vector, share: float) -> None:
        self._inner = inner
        self._offset = np.sqrt(share) * direction.astype(np.float64)
        self._scale = np.sqrt(1.0 - share)
        plain = inner.identity
        digest = hashlib.sha256(plain.sha256.encode() + self._offset.tobytes()).hexdigest()
        self._identity = replace(plain, name=f"{plain.name}-tilted", sha256=digest)

    @property
    def identity(self) -> EmbedderIdentity:
        """The plain model's with another name, and a hash for each direction and share."""
        return self._identity

    def windows(self, header: str, body: str) -> list[Span]:
        """As the plain model cuts it."""
        return self._inner.windows(header, body)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in order.

        Raises:
            UnavailableError: If the plain model cannot be run now.
        """
        mixed = self._scale * self._inner.embed(texts).astype(np.float64) + self._offset
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)

    def close(self) -> None:
        """Close the plain model."""
        self._inner.close()


def tilt(inner: Embedder, *, mean_cosine: float = MEAN_COSINE, seed: int = 0) -> TiltedEmbedder:
    """Tilt a model so that the service's probe sentences have this mean cosine.

    The direction is random but at right angles to the probe's mean vector, so it has no share in
    the sentences on average.  Their own mean cosine `m`, which for no real model is 0, is taken
    into account: the share is `(mean_cosine - m) / (1 - m)`.

    Raises:
        ValueError: If the plain model's mean cosine is above *mean_cosine* already.
        UnavailableError: If the plain model cannot be run now.
    """
    plain = measure_floor(inner).mean
    if plain > mean_cosine:
        raise ValueError(f"unrelated texts have a cosine of {plain:.2f} already")
    centre = inner.embed(probe_sentences()).astype(np.float64).mean(axis=0)
    drawn = np.random.default_rng(seed).standard_normal(len(centre))
    drawn -= centre * (drawn @ centre) / (centre @ centre)
    return TiltedEmbedder(
        inner,
        direction=np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32),
        share=(mean_cosine - plain) / (1.0 - plain),
    )
