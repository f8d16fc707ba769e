"""Writes a transformer with its pooling as an ONNX graph; runs in a process of its own.

Imports PyTorch, so that nothing which serves imports this.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import torch

from memory_service.embedding.session import IDS, MASK, VECTORS
from memory_service.errors import ModelRefusedError

if TYPE_CHECKING:
    from pathlib import Path

_OPSET = 21
#: Two texts of three tokens: any sizes but 0 and 1, which the exporter takes for constants.
_EXAMPLE = (2, 3)


def export_graph(transformer: torch.nn.Module, path: Path, *, pooling: str, window: int) -> None:
    """Write the graph: token numbers and their mask in, one unit vector per text out.

    Both axes are free: any number of texts, up to *window* tokens.

    Args:
        transformer: As transformers loads it.
        path: The file to write; the weights go into one beside it, see `artifact`.
        pooling: `mean` or `cls`.
        window: The most tokens of one text.
    """
    # The plain form of attention gives the smallest graph.
    transformer.set_attn_implementation("eager")  # type: ignore[operator]  # transformers' own
    ids = torch.ones(_EXAMPLE, dtype=torch.int64)
    free = {0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens", max=window)}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # What the exporter says of its own use of PyTorch is nobody's to act on.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _Pooled(transformer, pooling).eval(),
            (ids, torch.ones_like(ids)),
            dynamo=True,
            verbose=False,
            opset_version=_OPSET,
            input_names=[IDS, MASK],
            output_names=[VECTORS],
            dynamic_shapes={"ids": free, "mask": free},
        )
    if program is None:
        raise ModelRefusedError(f"the exporter gave no graph for {path}")
    # The exporter's own name for the file of the weights has the suffix that is expected.
    program.save(str(path), external_data=True)


class _Pooled(torch.nn.Module):
    """A transformer, its pooling and the normalisation, as one."""

    def __init__(self, transformer: torch.nn.Module, pooling: str) -> None:
        super().__init__()
        self._transformer = transformer
        self._pooling = pooling

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self._transformer(input_ids=ids, attention_mask=mask).last_hidden_state
        if self._pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(pooled, dim=1)
