"""Running a model from a folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.tokens import Tokens
from memory_service.embedding.transformer import TransformerEmbedder
from memory_service.errors import ModelRefusedError

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path) -> TransformerEmbedder:
    return TransformerEmbedder(inspect_folder(folder), name="small", revision="local")


def reference_vectors(folder: Path, texts: list[str]) -> np.ndarray:
    """Mean of the last layer over the tokens, brought to length 1: the model card's recipe."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    for text in texts:
        tokens = tokenizer([text], truncation=True, return_tensors="pt")
        with torch.inference_mode():
            states = model(**tokens).last_hidden_state[0].double()
        mean = states.mean(dim=0)
        rows.append((mean / mean.norm()).numpy())
    return np.array(rows)


def test_vectors_are_the_normalised_mean_of_the_last_layer(small_model: Path) -> None:
    texts = ["Ann took the train.", "river", "music " * 40]
    expected = reference_vectors(small_model, texts)

    vectors = load(small_model).embed(texts)

    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_the_identity_says_what_the_folder_says(small_model: Path) -> None:
    identity = load(small_model).identity

    assert (identity.name, identity.revision) == ("small", "local")
    assert (identity.dimensions, identity.window, identity.pooling) == (32, 32, "mean")
    assert identity.normalised


def test_a_folder_as_the_library_saves_it_today_loads_to_the_same_model(
    small_model: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Ann took the train.", "river " * 60]
    SentenceTransformer(str(small_model), device="cpu", local_files_only=True).save(
        str(tmp_path / "saved")
    )

    ours, theirs = load(small_model), load(tmp_path / "saved")

    assert theirs.identity.window == ours.identity.window
    np.testing.assert_allclose(theirs.embed(texts), ours.embed(texts), atol=1e-6)


@pytest.mark.parametrize("body", ["?!" * 400, "京" * 400, "abcdefghijk" * 40, "é\u0301" * 300])
def test_passages_without_whitespace_fit_the_window(small_model: Path, body: str) -> None:
    """What is dropped from a passage's end changes its vector: nothing was cut off before."""
    embedder = load(small_model)

    spans = embedder.windows("Ann: ", body)

    passages = ["Ann: " + body[one.start : one.stop] for one in spans]
    tokens = Tokens(embedder.tokenizer_definition, window=embedder.identity.window)
    counts = [tokens.count(passage) for passage in passages]
    assert max(counts) <= embedder.identity.window
    assert spans[0].start == 0
    assert spans[-1].stop == len(body)


def test_weights_that_are_not_weights_are_refused(small_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_model, tmp_path / "broken")
    (folder / "model.safetensors").write_bytes(b"not a tensor")

    with pytest.raises(ModelRefusedError, match="place the model anew"):
        load(folder)


def test_a_file_that_lacks_weights_is_refused(small_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_model, tmp_path / "partial")
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors")

    with pytest.raises(ModelRefusedError, match=r"lacks encoder\.layer\.1"):
        load(folder)


@pytest.mark.model
def test_a_model_of_full_size_in_half_precision_runs_in_float32(full_size_model: Path) -> None:
    stored = load_file(full_size_model / "model.safetensors")
    embedder = TransformerEmbedder(inspect_folder(full_size_model), name="full", revision="local")
    body = "river train music " * 250

    vectors = embedder.embed([body, "river"])

    assert {array.dtype for array in stored.values()} == {np.dtype(np.float16)}
    assert {str(one.dtype) for one in embedder._model.parameters()} == {"torch.float32"}
    assert (embedder.identity.dimensions, embedder.identity.window) == (768, 512)
    assert len(embedder.windows("Ann: ", body)) > 1
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.model
def test_the_real_model_finds_like_with_like(minilm: TransformerEmbedder) -> None:
    pairs = [
        ("When does the train leave?", "Departure is at nine from platform two."),
        ("What does Ann eat?", "Ann has been a vegetarian since spring."),
        ("Is the heating repaired?", "The plumber fixed the boiler yesterday."),
    ]
    questions = minilm.embed([question for question, _ in pairs])
    answers = minilm.embed([answer for _, answer in pairs])

    cosines = questions @ answers.T

    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]
    assert cosines.argmax(axis=0).tolist() == [0, 1, 2]
