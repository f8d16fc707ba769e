"""Which model folders are let in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from memory_service.embedding.folder import inspect_folder
from memory_service.errors import ModelRefusedError
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def change(path: Path, **values: Any) -> None:
    """Set keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_folder_is_described_by_its_files(tmp_path: Path) -> None:
    write_model_files(tmp_path, weights=b"weights", dimensions=48, window=40)

    folder = inspect_folder(tmp_path)

    assert folder.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert (folder.dimensions, folder.window, folder.pooling) == (48, 40, "mean")


def test_the_stated_window_counts_not_what_the_model_could_hold(tmp_path: Path) -> None:
    write_model_files(tmp_path, weights=b"", window=512)
    change(tmp_path / "sentence_bert_config.json", max_seq_length=256)

    assert inspect_folder(tmp_path).window == 256


def test_without_a_stated_window_the_tokenizer_tells(tmp_path: Path) -> None:
    write_model_files(tmp_path, weights=b"", window=512)
    (tmp_path / "sentence_bert_config.json").unlink()
    change(tmp_path / "tokenizer_config.json", model_max_length=128)

    assert inspect_folder(tmp_path).window == 128


def test_pooling_is_read_in_its_newer_form_too(tmp_path: Path) -> None:
    write_model_files(tmp_path, weights=b"")
    (tmp_path / "1_Pooling/config.json").write_text('{"pooling_mode": "cls"}')

    assert inspect_folder(tmp_path).pooling == "cls"


def test_a_pickle_beside_the_weights_is_never_read_and_does_no_harm(tmp_path: Path) -> None:
    write_model_files(tmp_path, weights=b"")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")

    assert inspect_folder(tmp_path).dimensions == 32


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (lambda at: (at / "model.safetensors").unlink(), "lacks model.safetensors"),
    "no tokenizer": (lambda at: (at / "tokenizer.json").unlink(), "lacks tokenizer.json"),
    "pickled weights": (
        lambda at: (at / "model.safetensors").rename(at / "pytorch_model.bin"),
        "pickled",
    ),
    "code": (lambda at: (at / "1_Pooling/modeling.py").write_text(""), "holds code"),
    "code by name": (
        lambda at: change(at / "config.json", auto_map={"AutoModel": "x"}),
        "auto_map",
    ),
    "tokenizer code": (
        lambda at: change(at / "tokenizer_config.json", auto_map={}),
        "auto_map",
    ),
    "architecture": (
        lambda at: change(at / "config.json", architectures=["LlamaModel"]),
        "architecture",
    ),
    "foreign module": (
        lambda at: (at / "modules.json").write_text('[{"type": "evil.Transformer"}]'),
        "must list a transformer",
    ),
    "malformed modules": (lambda at: (at / "modules.json").write_text("7"), "must list"),
    "malformed JSON": (lambda at: (at / "config.json").write_text("{"), "cannot be read"),
    "not an object": (lambda at: (at / "config.json").write_text("[]"), "not a JSON object"),
    "no pooling": (
        lambda at: change(at / "1_Pooling/config.json", pooling_mode_mean_tokens=False),
        "pooling",
    ),
    "two poolings": (
        lambda at: change(at / "1_Pooling/config.json", pooling_mode_max_tokens=True),
        "pooling",
    ),
    "no window": (
        lambda at: change(at / "sentence_bert_config.json", max_seq_length=10**30),
        "states no window",
    ),
    "a prompt": (
        lambda at: (at / "config_sentence_transformers.json").write_text(
            '{"default_prompt_name": "query"}'
        ),
        "prompt",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unsafe_or_incomplete_folder_is_refused(damage: str, tmp_path: Path) -> None:
    write_model_files(tmp_path, weights=b"")
    harm, reason = DAMAGES[damage]
    harm(tmp_path)

    with pytest.raises(ModelRefusedError, match=reason):
        inspect_folder(tmp_path)
