"""A model compiled by a process of its own, and served without what compiled it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.transformer import TransformerEmbedder

ROOT = Path(__file__).parents[3]
TEXTS = ["Ann took the train.", "river " * 40]

_START = """
import json, logging, sys
from pathlib import Path
from memory_service.app import create_engine
from memory_service.settings import Settings

logging.basicConfig(level="INFO", stream=sys.stderr)
folder, model, texts = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
engine = create_engine(Settings(data_folder=folder, model=model, precision=sys.argv[4]))
vectors = engine._model.queries(texts).vectors
status = engine.status()
engine.close()
json.dump(
    {"modules": sorted(sys.modules), "vectors": vectors.tolist(), "detail": status.model.detail},
    sys.stdout,
)
"""


class Started:
    """What a process said that opened an engine and embedded the texts."""

    def __init__(self, folder: Path, model: Path, precision: str = "auto") -> None:
        command = [sys.executable, "-c", _START, str(folder), str(model), json.dumps(TEXTS)]
        ran = subprocess.run(
            [*command, precision],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        said = json.loads(ran.stdout)
        self.log = ran.stderr
        self.modules = set(said["modules"])
        self.vectors = np.array(said["vectors"], dtype=np.float32)
        self.detail = said["detail"]


@pytest.mark.process
@pytest.mark.long
def test_neither_the_first_start_nor_the_next_loads_what_compiles(
    small_model: Path, tmp_path: Path
) -> None:
    """Both give the same vectors, close to the library's."""
    library = TransformerEmbedder(inspect_folder(small_model), name="small", revision="local")

    cold = Started(tmp_path / "data", small_model)
    warm = Started(tmp_path / "data", small_model)

    for started in (cold, warm):
        assert not started.modules & {"torch", "transformers", "sentence_transformers", "onnx"}
        assert started.detail.endswith(", in int8 by ONNX Runtime")
    assert "compiling the model: exporting its graph" in cold.log
    assert "compiling the model" not in warm.log
    np.testing.assert_array_equal(cold.vectors, warm.vectors)
    cosines = np.einsum("ij,ij->i", warm.vectors, library.embed(TEXTS))
    assert cosines.min() > 0.99
