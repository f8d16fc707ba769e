"""Kept vectors: a model is asked once for each text, in this run and in the next."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.vectors import VectorShelf
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.precision import Precision
from tests.support.compiled import compiled_here
from tests.support.embedders import GatedEmbedder

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.protocols import EmbedderIdentity

_TEXTS = ["one", "two", "one", "three"]


class _Renamed(GatedEmbedder):
    @property
    def identity(self) -> EmbedderIdentity:
        return replace(super().identity, name="another")


def test_kept_vectors_are_the_models() -> None:
    shelf = VectorShelf()

    first = shelf.wrap(GatedEmbedder()).embed(_TEXTS)
    again = shelf.wrap(GatedEmbedder()).embed(_TEXTS)

    plain = HashingEmbedder().embed(_TEXTS)
    np.testing.assert_array_equal(first, plain)
    np.testing.assert_array_equal(again, plain)


def test_a_text_is_embedded_once() -> None:
    shelf, model, next_model = VectorShelf(), GatedEmbedder(), GatedEmbedder()

    shelf.wrap(model).embed(_TEXTS)
    shelf.wrap(next_model).embed([*_TEXTS, "four"])

    assert model.passes == [["one", "two", "three"]]
    assert next_model.passes == [["four"]]


def test_what_was_saved_is_there_in_the_next_run(tmp_path: Path) -> None:
    before = VectorShelf(tmp_path)
    before.wrap(GatedEmbedder()).embed(_TEXTS)
    before.save()

    model = GatedEmbedder()
    vectors = VectorShelf(tmp_path).wrap(model).embed(_TEXTS)

    assert model.passes == []
    np.testing.assert_array_equal(vectors, HashingEmbedder().embed(_TEXTS))


def test_models_do_not_share_vectors(tmp_path: Path) -> None:
    shelf, other = VectorShelf(tmp_path), _Renamed()
    shelf.wrap(GatedEmbedder()).embed(["one"])
    shelf.save()

    shelf.wrap(other).embed(["one"])

    assert other.passes == [["one"]]


def test_precisions_of_a_model_do_not_share_vectors(
    small_model: Path, compiled_models: Path, tmp_path: Path
) -> None:
    shelf = VectorShelf(tmp_path)
    kept = {}
    for precision in (Precision.INT8, Precision.FP32):
        with closing(compiled_here(small_model, compiled_models, precision)) as model:
            kept[precision] = shelf.wrap(model).embed(["one"])
    shelf.save()

    assert kept[Precision.INT8].tobytes() != kept[Precision.FP32].tobytes()
    assert len(list(tmp_path.iterdir())) == 2
