"""Matrix products in 8-bit integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from memory_service.embedding.quantising import quantise

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 32


@pytest.fixture
def weights() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((WIDTH, 8)).astype(np.float32)


@pytest.fixture
def product(tmp_path: Path, weights: np.ndarray) -> onnxruntime.InferenceSession:
    """A graph of one product with constant weights, and one of activations, quantised."""
    shape: list[str | int | None] = ["a", "b", WIDTH]
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "weights"], ["y"]),
            helper.make_node("Transpose", ["y"], ["turned"], perm=[0, 2, 1]),
            helper.make_node("MatMul", ["y", "turned"], ["likeness"]),
        ],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["a", "b", "c"])
            for name in ("y", "likeness")
        ],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.save(model, str(tmp_path / "before.onnx"))
    assert quantise(tmp_path / "before.onnx", tmp_path / "after.onnx") == 1
    return onnxruntime.InferenceSession(tmp_path / "after.onnx")


def rows(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((*shape, WIDTH)).astype(np.float32)


def test_a_product_is_that_of_both_sides_rounded(
    product: onnxruntime.InferenceSession, weights: np.ndarray
) -> None:
    """The oracle rounds every row and every column to 127 steps and multiplies in float64."""
    x = rows(1, 3, 5)

    def rounded(values: np.ndarray, axis: int) -> np.ndarray:
        steps = np.abs(values).max(axis=axis, keepdims=True) / np.float32(127)
        return np.asarray(np.rint(values / steps).astype(np.float64) * steps)

    y, _ = product.run(None, {"x": x})

    np.testing.assert_allclose(y, rounded(x, -1) @ rounded(weights, 0), rtol=1e-4, atol=1e-4)
    assert np.abs(y - x @ weights).max() > 1e-4


def test_a_rows_company_does_not_change_it(product: onnxruntime.InferenceSession) -> None:
    x = rows(2, 1, 4)
    loud = np.concatenate([x, 1_000 * rows(3, 1, 4)])

    alone, _ = product.run(None, {"x": x})
    together, _ = product.run(None, {"x": loud})

    np.testing.assert_array_equal(together[:1], alone)


def test_a_row_of_zeros_gives_zeros(product: onnxruntime.InferenceSession) -> None:
    y, likeness = product.run(None, {"x": np.zeros((1, 2, WIDTH), dtype=np.float32)})

    assert not y.any()
    assert not likeness.any()
