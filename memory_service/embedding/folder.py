"""Looks at a model folder before anything in it is loaded, and says what is in it.

Loading a model can run code: pickled weights do, and so do Python files and `auto_map`.  A
folder with any of these, or of an architecture that is not listed here, is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.errors import ModelRefusedError
from memory_service.protocols import EmbedderIdentity

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

WEIGHTS = "model.safetensors"

_NEEDED_OF_ALL = ("config.json", "tokenizer.json", "tokenizer_config.json", WEIGHTS)
_NEEDED = (*_NEEDED_OF_ALL, "modules.json")
_FAMILIES = ("Bert", "DistilBert", "MPNet", "Roberta", "XLMRoberta")
_ARCHITECTURES = frozenset({*(f"{one}Model" for one in _FAMILIES), "MPNetForMaskedLM"})
_CROSS_ENCODERS = frozenset(f"{one}ForSequenceClassification" for one in _FAMILIES)
_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """A folder that may be loaded.

    `window` is the most tokens of one text, special tokens included.  `pooling` is `mean` or
    `cls`.  `sha256` is the hash of the weights, in hex.
    """

    path: Path
    sha256: str
    dimensions: int
    window: int
    pooling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEncoderFolder:
    """A folder with a cross-encoder that may be loaded.

    `window` is the most tokens of a query and a text together, special tokens included.
    """

    path: Path
    window: int


def inspect_folder(path: Path) -> ModelFolder:
    """Check *path* and say what is in it.  Reads every byte of the weights once.

    Raises:
        ModelRefusedError: If a file is missing or malformed, or loading it could run code.
    """
    _refuse_incomplete(path, _NEEDED)
    _refuse_code(path)
    _refuse_unknown_modules(path)
    _refuse_prompt(path)
    config = _read(path, "config.json")
    _refuse_unknown_architecture(path, config, _ARCHITECTURES)
    return ModelFolder(
        path=path,
        sha256=weights_hash(path),
        dimensions=_number(path, config, "hidden_size", "dim"),
        window=_window(path, _number(path, config, "max_position_embeddings")),
        pooling=_pooling(path),
    )


def inspect_cross_encoder(path: Path) -> CrossEncoderFolder:
    """Check *path* and say what is in it.

    Raises:
        ModelRefusedError: If a file is missing or malformed, loading it could run code, or it
            gives anything but one number for a query and a text.
    """
    _refuse_incomplete(path, _NEEDED_OF_ALL)
    _refuse_code(path)
    if (path / "modules.json").exists() and _module_types(path) != ["Transformer"]:
        raise ModelRefusedError(
            f"{path / 'modules.json'} must list a transformer alone; choose another cross-encoder"
        )
    _refuse_prompt(path)
    config = _read(path, "config.json")
    _refuse_unknown_architecture(path, config, _CROSS_ENCODERS)
    labels = config.get("id2label")
    if not isinstance(labels, dict) or len(labels) != 1:
        raise ModelRefusedError(
            f"{path / 'config.json'} must name one label, so that there is one score; "
            "choose another cross-encoder"
        )
    return CrossEncoderFolder(
        path=path, window=_window(path, _number(path, config, "max_position_embeddings"))
    )


def identity_of(folder: ModelFolder, *, name: str, revision: str) -> EmbedderIdentity:
    """What an embedder made of this folder is, in whatever precision it runs."""
    return EmbedderIdentity(
        name=name,
        revision=revision,
        sha256=folder.sha256,
        dimensions=folder.dimensions,
        window=folder.window,
        pooling=folder.pooling,
        normalised=True,
    )


def weights_hash(path: Path) -> str:
    """SHA-256 of the folder's weights, in hex; about a second for each gigabyte."""
    with (path / WEIGHTS).open("rb") as weights:
        return hashlib.file_digest(weights, "sha256").hexdigest()


def _refuse_incomplete(path: Path, needed: Sequence[str]) -> None:
    missing = [name for name in needed if not (path / name).is_file()]
    if missing == [WEIGHTS] and list(path.glob("*.bin")):
        raise ModelRefusedError(
            f"the weights in {path} are pickled, which runs code when loaded; "
            f"place the model's {WEIGHTS} there instead"
        )
    if missing:
        raise ModelRefusedError(f"{path} lacks {', '.join(missing)}; place the whole model there")


def _refuse_code(path: Path) -> None:
    scripts = sorted(path.rglob("*.py"))
    if scripts:
        raise ModelRefusedError(
            f"the model folder holds code ({scripts[0]}); remove it if the model works without"
        )
    for name in ("config.json", "tokenizer_config.json"):
        if "auto_map" in _read(path, name):
            raise ModelRefusedError(
                f"{path / name} asks for the model's own code (auto_map); choose another model"
            )


def _refuse_unknown_modules(path: Path) -> None:
    if _module_types(path) not in _MODULES:
        raise ModelRefusedError(
            f"{path / 'modules.json'} must list a transformer, a pooling and at most a "
            "normalisation; choose a model of that form"
        )


def _module_types(path: Path) -> list[str]:
    """What kinds of modules are listed; those that are not the library's own in full."""
    modules = _parse(path, "modules.json")
    listed = modules if isinstance(modules, list) else []
    types = [str(module.get("type")) for module in listed if isinstance(module, dict)]
    own = "sentence_transformers."
    return [name.rpartition(".")[2] if name.startswith(own) else name for name in types]


def _refuse_prompt(path: Path) -> None:
    name = "config_sentence_transformers.json"
    if (path / name).is_file() and _read(path, name).get("default_prompt_name"):
        raise ModelRefusedError(
            f"{path / name} puts a prompt before every text, which this service does not; "
            "choose another model"
        )


def _refuse_unknown_architecture(
    path: Path, config: dict[str, object], known: Collection[str]
) -> None:
    named = config.get("architectures")
    if not isinstance(named, list) or len(named) != 1 or named[0] not in known:
        raise ModelRefusedError(
            f"{path / 'config.json'} names an architecture that is not supported; "
            f"choose a model of one of {', '.join(sorted(known))}"
        )


def _window(path: Path, positions: int) -> int:
    """The stated limit; a model that states none that it can hold is refused."""
    stated: object = None
    if (path / "sentence_bert_config.json").is_file():
        stated = _read(path, "sentence_bert_config.json").get("max_seq_length")
    if stated is None:
        stated = _read(path, "tokenizer_config.json").get("model_max_length")
    if not isinstance(stated, int) or not 8 <= stated <= positions:
        raise ModelRefusedError(
            f"{path} states no window; put "
            f'"max_seq_length" (8 to {positions}) into its sentence_bert_config.json'
        )
    return stated


def _pooling(path: Path) -> str:
    """How token vectors become one; two ways of writing it are in use."""
    config = _read(path, "1_Pooling/config.json")
    modes = [mode for key, mode in _POOLINGS.items() if config.get(key) is True]
    written = [key for key in config if key.startswith("pooling_mode_") and config[key] is True]
    if config.get("pooling_mode") in _POOLINGS.values():
        modes, written = [str(config["pooling_mode"])], [""]
    if len(modes) != 1 or len(written) != 1:
        raise ModelRefusedError(
            f"{path / '1_Pooling/config.json'} must name mean or cls pooling; choose another model"
        )
    return modes[0]


def _number(path: Path, config: dict[str, object], *keys: str) -> int:
    value = next((config[key] for key in keys if key in config), None)
    if not isinstance(value, int) or value < 1:
        raise ModelRefusedError(f"{path / 'config.json'} lacks {keys[0]}; place the model anew")
    return value


def _read(path: Path, name: str) -> dict[str, object]:
    value = _parse(path, name)
    if not isinstance(value, dict):
        raise ModelRefusedError(f"{path / name} is not a JSON object; place the model anew")
    return value


def _parse(path: Path, name: str) -> object:
    try:
        return json.loads((path / name).read_bytes())
    except (OSError, ValueError) as error:
        raise ModelRefusedError(f"{path / name} cannot be read; place the model anew") from error
