"""How similar a model finds texts that have nothing to do with each other.

Cosines of two models do not compare: one gives unrelated texts about 0, another about 0.7.  The
floor is measured over a probe set of our own, never over anybody's entries.  The probe is
English, so the floor holds for English text.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from memory_service.durable import sealed_line, unsealed_line

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.protocols import Embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class CosineFloor:
    """Mean and standard deviation of the cosines of unrelated texts."""

    mean: float
    deviation: float


def probe_sentences() -> tuple[str, ...]:
    """Short English sentences, each about something else; no two are equal."""
    text = files("memory_service.embedding").joinpath("probe.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def measure_floor(embedder: Embedder) -> CosineFloor:
    """Embed the probe and take every pair of different sentences.

    Raises:
        UnavailableError: If the model cannot be run now.
    """
    vectors = embedder.embed(probe_sentences()).astype(np.float64)
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), k=1)]
    return CosineFloor(mean=float(cosines.mean()), deviation=float(cosines.std()))


def cached_floor(embedder: Embedder, folder: Path) -> CosineFloor:
    """The floor from *folder*, where it was measured before for this embedder and probe.

    Otherwise it is measured and kept there.  A file of which a byte has changed is not used.

    Raises:
        UnavailableError: If it must be measured and the model cannot be run now.
    """
    path = folder / f"floor-{_key(embedder)}.json"
    floor = _read(path)
    if floor is None:
        floor = measure_floor(embedder)
        _write(path, floor)
    return floor


def _key(embedder: Embedder) -> str:
    parts = [asdict(embedder.identity), probe_sentences()]
    return sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _read(path: Path) -> CosineFloor | None:
    try:
        value = json.loads(unsealed_line(path.read_bytes()))
        return CosineFloor(mean=float(value["mean"]), deviation=float(value["deviation"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, floor: CosineFloor) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_bytes(sealed_line(json.dumps(asdict(floor)).encode()))
    partial.replace(path)
