"""Model folders in the layout in which gte-base and MiniLM are published, made by the test."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transformers import PreTrainedModel

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_CHARACTERS = [*string.ascii_lowercase, *string.digits, *string.punctuation]
_WORDS = ["ann", "river", "train", "music", "##ing"]
VOCABULARY = [*_SPECIAL, *_CHARACTERS, *[f"##{one}" for one in _CHARACTERS], *_WORDS]


def write_model_files(
    folder: Path, *, weights: bytes, dimensions: int = 32, window: int = 32
) -> Path:
    """Everything that is looked at before loading; the weights are these bytes."""
    _write_json(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": dimensions,
            "max_position_embeddings": window,
        },
    )
    write_layout(folder, dimensions=dimensions, window=window)
    _write_json(folder / "tokenizer.json", {})
    _write_json(folder / "tokenizer_config.json", {"model_max_length": window})
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def write_layout(folder: Path, *, dimensions: int, window: int) -> None:
    """The files that say: a transformer, mean pooling, normalisation, this window."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _write_json(
        folder / "modules.json",
        [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (path, kind) in enumerate(modules)
        ],
    )
    _write_json(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": dimensions,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
    )
    _write_json(
        folder / "sentence_bert_config.json", {"max_seq_length": window, "do_lower_case": False}
    )


def write_small_model(folder: Path) -> Path:
    """Two layers, 32 dimensions, 32 tokens, random weights in half precision."""
    return _write_bert(folder, layers=2, dimensions=32, heads=2, window=32)


def write_full_size_model(folder: Path) -> Path:
    """The size of gte-base: 12 layers, 768 dimensions, 512 tokens; random, half precision."""
    return _write_bert(folder, layers=12, dimensions=768, heads=12, window=512)


def write_gte_shape(folder: Path) -> Path:
    """The same with gte-base's vocabulary, and weights as small as those of an untrained model.

    Unlike the larger weights above, these survive 8 bits as a trained model's do.
    """
    return _write_bert(
        folder, layers=12, dimensions=768, heads=12, window=512, vocabulary=30_522, spread=0.02
    )


def write_cross_encoder(
    folder: Path, *, layers: int = 2, dimensions: int = 32, window: int = 32
) -> Path:
    """A small cross-encoder as published ones are saved: no `modules.json`; random weights."""
    from transformers import BertConfig, BertForSequenceClassification

    _save(
        folder,
        lambda **shape: BertForSequenceClassification(BertConfig(id2label={0: "answers"}, **shape)),
        layers=layers,
        dimensions=dimensions,
        heads=2,
        window=window,
    )
    return folder


def _write_bert(
    folder: Path,
    *,
    layers: int,
    dimensions: int,
    heads: int,
    window: int,
    vocabulary: int = len(VOCABULARY),
    # Larger than for training, so that untrained vectors differ by more than rounding.
    spread: float = 0.2,
) -> Path:
    from transformers import BertConfig, BertModel

    _save(
        folder,
        lambda **shape: BertModel(
            BertConfig(**{**shape, "vocab_size": vocabulary, "initializer_range": spread})
        ),
        layers=layers,
        dimensions=dimensions,
        heads=heads,
        window=window,
    )
    write_layout(folder, dimensions=dimensions, window=window)
    return folder


def _save(
    folder: Path,
    build: Callable[..., PreTrainedModel],
    *,
    layers: int,
    dimensions: int,
    heads: int,
    window: int,
) -> None:
    """The weights that *build* draws, always the same, in half precision, and the tokenizer."""
    import torch
    from transformers import BertTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    words = {word: number for number, word in enumerate(VOCABULARY)}
    tokenizer = BertTokenizer(vocab=words, model_max_length=window)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build(
            vocab_size=len(words),
            hidden_size=dimensions,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=dimensions * 4,
            max_position_embeddings=window,
            # Larger than for training, so that untrained vectors differ by more than rounding.
            initializer_range=0.2,
        )
    model.half().save_pretrained(folder)  # type: ignore[no-untyped-call]  # theirs has no types
    tokenizer.save_pretrained(folder)


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
