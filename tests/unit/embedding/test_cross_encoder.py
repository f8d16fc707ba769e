"""Running a cross-encoder from a folder: untrained, so nothing here is about meaning."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from memory_service.embedding.cross_encoder import CrossEncoderReranker, load_reranker
from memory_service.embedding.folder import inspect_cross_encoder
from memory_service.errors import ModelRefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUERY = "Who took the train?"
TEXTS = ["Ann took the train.", "river", "", "music " * 40, "Ann went up the river."]


def load(folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(inspect_cross_encoder(folder), threads=1)


def copied(folder: Path, to: Path) -> Path:
    return shutil.copytree(folder, to / "copy")


def change(path: Path, **values: Any) -> None:
    """Set keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def reference_scores(folder: Path, query: str, texts: list[str]) -> list[float]:
    """The logit of each pair alone, by the library below, cut to the window."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    scores = []
    for text in texts:
        tokens = tokenizer([query], [text], truncation=True, return_tensors="pt")
        with torch.inference_mode():
            scores.append(float(model(**tokens).logits[0, 0]))
    return scores


def test_scores_are_the_logits_of_query_and_text(cross_encoder: Path) -> None:
    expected = reference_scores(cross_encoder, QUERY, TEXTS)

    scores = load(cross_encoder).score(QUERY, TEXTS)

    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert np.ptp(scores) > 1e-2


def test_the_same_call_gives_the_same_bits(cross_encoder: Path) -> None:
    one, other = load(cross_encoder), load(cross_encoder)

    assert one.score(QUERY, TEXTS).tolist() == other.score(QUERY, TEXTS).tolist()


def test_a_texts_score_does_not_depend_on_its_company(cross_encoder: Path) -> None:
    reranker = load(cross_encoder)

    alone = [float(reranker.score(QUERY, [text])[0]) for text in TEXTS]

    np.testing.assert_allclose(reranker.score(QUERY, TEXTS), alone, atol=1e-5)


def test_what_lies_beyond_the_window_is_cut(cross_encoder: Path) -> None:
    long = "river " * 100

    scores = load(cross_encoder).score(QUERY, [long + "Ann", long + "music"])

    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_no_texts_have_no_scores(cross_encoder: Path) -> None:
    assert load(cross_encoder).score(QUERY, []).tolist() == []


def test_after_closing_it_is_not_to_be_had(cross_encoder: Path) -> None:
    reranker = load(cross_encoder)
    reranker.close()

    with pytest.raises(UnavailableError):
        reranker.score(QUERY, TEXTS)


def test_without_a_path_there_is_none() -> None:
    assert load_reranker(None, threads=1) is None


def test_a_folder_as_the_library_saves_it_today_loads_to_the_same_model(
    cross_encoder: Path, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(cross_encoder), device="cpu", local_files_only=True).save_pretrained(
        str(tmp_path / "saved")
    )

    ours, theirs = load(cross_encoder), load(tmp_path / "saved")

    np.testing.assert_allclose(theirs.score(QUERY, TEXTS), ours.score(QUERY, TEXTS), atol=1e-6)


def test_a_file_that_lacks_weights_is_refused(cross_encoder: Path, tmp_path: Path) -> None:
    """The library would draw them at random: the same question would be answered by chance."""
    folder = copied(cross_encoder, tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["bert.pooler.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ModelRefusedError, match=r"lacks bert\.pooler\.dense\.weight"):
        load(folder)


def test_a_broken_file_of_weights_is_refused(cross_encoder: Path, tmp_path: Path) -> None:
    folder = copied(cross_encoder, tmp_path)
    (folder / "model.safetensors").write_bytes(b"no weights")

    with pytest.raises(ModelRefusedError, match="cannot be loaded"):
        load(folder)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing there": (shutil.rmtree, "lacks config.json"),
    "pickled weights": (
        lambda at: (at / "model.safetensors").rename(at / "pytorch_model.bin"),
        "pickled",
    ),
    "no tokenizer": (lambda at: (at / "tokenizer.json").unlink(), "lacks tokenizer.json"),
    "code": (lambda at: (at / "modeling.py").write_text(""), "holds code"),
    "code by name": (lambda at: change(at / "config.json", auto_map={}), "auto_map"),
    "an embedder": (
        lambda at: change(at / "config.json", architectures=["BertModel"]),
        "architecture",
    ),
    "several labels": (
        lambda at: change(at / "config.json", id2label={"0": "no", "1": "yes"}),
        "one label",
    ),
    "no label": (lambda at: change(at / "config.json", id2label=None), "one label"),
    "foreign module": (
        lambda at: (at / "modules.json").write_text('[{"type": "evil.Transformer"}]'),
        "transformer alone",
    ),
    "a prompt": (
        lambda at: (at / "config_sentence_transformers.json").write_text(
            '{"default_prompt_name": "query"}'
        ),
        "prompt",
    ),
    "no window": (
        lambda at: change(at / "tokenizer_config.json", model_max_length=10**30),
        "states no window",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unsafe_or_unfit_folder_is_refused(
    damage: str, cross_encoder: Path, tmp_path: Path
) -> None:
    folder = copied(cross_encoder, tmp_path)
    harm, reason = DAMAGES[damage]
    harm(folder)

    with pytest.raises(ModelRefusedError, match=reason):
        load_reranker(folder, threads=1)


def test_an_activation_that_the_folder_names_is_not_run(
    cross_encoder: Path, tmp_path: Path
) -> None:
    folder = copied(cross_encoder, tmp_path)
    named = {"sentence_transformers": {"activation_fn": "torch.nn.Sigmoid"}}
    change(folder / "config.json", **named)

    ours, theirs = load(cross_encoder), load(folder)

    assert theirs.score(QUERY, TEXTS).tolist() == ours.score(QUERY, TEXTS).tolist()
