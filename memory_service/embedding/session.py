"""Runs a compiled model's graph; the only importer of onnxruntime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from memory_service.errors import ModelRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.protocols import Vectors

#: The names of a graph's inputs and output; `exporting` gives them.
IDS, MASK, VECTORS = "input_ids", "attention_mask", "vectors"

#: Measured slower than what it replaces: 10 % of a pass of gte-base's shape.
_SLOW_FUSIONS = ["SkipLayerNormFusion"]
_ERRORS_ONLY = 3


class Session:
    """A graph in memory, ready to run; thread-safe.

    A run takes one thread, the caller's.  Two cores are used by two runs at once: they share
    the weights and wait for each other nowhere, which was measured faster than one run on two.

    Raises:
        ModelRefusedError: If the file is no graph that can be run.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(
                path,
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_SLOW_FUSIONS,
            )
        except Exception as error:  # the runtime's own share no narrower class
            raise ModelRefusedError(
                f"{path} cannot be run ({type(error).__name__}); delete it, and it is made anew"
            ) from error

    def run(self, rows: Sequence[Sequence[int]], *, pad: int) -> Vectors:
        """One unit vector per row of token numbers, shorter rows filled up with *pad*."""
        longest = max(map(len, rows))
        ids = np.full((len(rows), longest), pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        (vectors,) = self._session.run([VECTORS], {IDS: ids, MASK: mask})
        return np.asarray(vectors, dtype=np.float32)
