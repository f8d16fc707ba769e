"""What every embedder promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.compiled_models import machines_folder
from memory_service.embedding.batching import BatchingEmbedder
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.embedding.precision import Precision
from memory_service.embedding.transformer import TransformerEmbedder
from memory_service.errors import UnavailableError
from tests.support.compiled import compiled_here
from tests.support.model_world import real_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from memory_service.protocols import Embedder

TEXTS = ("The train left early.", "Ann plays the violin", "a", "river " * 9, "42 + 17 = 59")
UNICODE = (
    "北京的秋天",
    "naïve café",
    "🙂🙃",
    "שלום עולם",
    "ﷺ",
    "e\u0301e\u0301",
    "한국어",
    "\t\n ",
)
LONG = " ".join(f"word{number}" for number in range(300))
HEADER = "[2024-05-07] Ann: "

#: Company in a forward pass changes the last places; see each embedder.
ROUNDING = 2e-6


def transformer(folder: Path) -> TransformerEmbedder:
    return TransformerEmbedder(inspect_folder(folder), name="small", revision="local")


@pytest.fixture(
    params=[
        "hashing",
        "transformer",
        "int8",
        "fp32",
        "batching",
        pytest.param("minilm", marks=pytest.mark.model),
        pytest.param("compiled minilm", marks=pytest.mark.model),
    ]
)
def embedder(
    request: pytest.FixtureRequest, small_model: Path, compiled_models: Path
) -> Iterator[Embedder]:
    if request.param == "minilm":
        yield request.getfixturevalue("minilm")
        return
    make: dict[str, Callable[[], Embedder]] = {
        "hashing": HashingEmbedder,
        "transformer": lambda: transformer(small_model),
        "int8": lambda: compiled_here(small_model, compiled_models, Precision.INT8),
        "fp32": lambda: compiled_here(small_model, compiled_models, Precision.FP32),
        "batching": lambda: BatchingEmbedder(transformer(small_model), max_batch=8),
        "compiled minilm": lambda: compiled_here(real_extra(), machines_folder(), Precision.INT8),
    }
    made = make[request.param]()
    yield made
    made.close()


def test_every_text_gets_a_unit_vector(embedder: Embedder) -> None:
    vectors = embedder.embed([*TEXTS, *UNICODE, LONG, ""])

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS) + len(UNICODE) + 2, embedder.identity.dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_vectors_come_in_the_order_of_the_texts(embedder: Embedder) -> None:
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])

    together = embedder.embed(TEXTS[::-1])

    np.testing.assert_allclose(together[::-1], alone, atol=ROUNDING)


def test_the_same_call_gives_the_same_bits(embedder: Embedder) -> None:
    first = embedder.embed([*TEXTS, *UNICODE])

    second = embedder.embed([*TEXTS, *UNICODE])

    assert first.tobytes() == second.tobytes()


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.identity.dimensions)


def test_repeated_texts_get_equal_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed(["river", "train", "river"])

    np.testing.assert_allclose(vectors[0], vectors[2], atol=ROUNDING)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)


def test_a_text_longer_than_the_window_is_embedded_by_its_first_window(
    embedder: Embedder,
) -> None:
    vectors = embedder.embed([LONG, LONG + " and more", "and more " + LONG])

    np.testing.assert_allclose(vectors[0], vectors[1], atol=ROUNDING)
    assert not np.allclose(vectors[0], vectors[2], atol=1e-3)


@pytest.mark.parametrize("body", ["", "a", "Ann took the train.", "北京"])
def test_a_body_that_fits_is_one_span(embedder: Embedder, body: str) -> None:
    spans = embedder.windows("Ann: ", body)

    assert [(span.start, span.stop) for span in spans] == [(0, len(body))]


@pytest.mark.parametrize("header", ["", HEADER])
@pytest.mark.parametrize("body", [LONG, "北京的 秋天很美。\n" * 90, "naïve " * 900])
def test_the_spans_of_a_long_body_cover_it_in_order(
    embedder: Embedder, header: str, body: str
) -> None:
    spans = embedder.windows(header, body)

    assert len(spans) > 1
    assert spans[0].start == 0
    assert spans[-1].stop == len(body)
    for before, after in pairwise(spans):
        assert before.start < after.start < before.stop < after.stop


@pytest.mark.parametrize("header", ["", HEADER])
def test_every_span_fits_with_the_header(embedder: Embedder, header: str) -> None:
    """The last word of a passage would not matter if it had been cut off."""
    passages = [header + LONG[one.start : one.stop] for one in embedder.windows(header, LONG)]
    shorter = [passage.rstrip().rpartition(" ")[0] for passage in passages]

    change = np.abs(embedder.embed(passages) - embedder.embed(shorter)).max(axis=1)

    assert change.min() > 100 * ROUNDING


def test_a_header_longer_than_the_window_still_leaves_spans_that_cover(
    embedder: Embedder,
) -> None:
    spans = embedder.windows(LONG, LONG)

    assert spans[0].start == 0
    assert spans[-1].stop == len(LONG)


def test_threads_do_not_disturb_each_other(embedder: Embedder) -> None:
    calls = [[f"{text} {number}" for text in TEXTS] for number in range(6)]
    alone = [embedder.embed(call) for call in calls]
    spans = embedder.windows(HEADER, LONG)

    with ThreadPoolExecutor(6) as threads:
        cut = [threads.submit(embedder.windows, HEADER, LONG) for _ in range(6)]
        together = list(threads.map(embedder.embed, calls))

    np.testing.assert_allclose(together, alone, atol=ROUNDING)
    assert all(one.result() == spans for one in cut)


@pytest.mark.parametrize("kind", ["hashing", "transformer", "int8", "batching"])
def test_a_closed_embedder_refuses(kind: str, small_model: Path, compiled_models: Path) -> None:
    make: dict[str, Callable[[], Embedder]] = {
        "hashing": HashingEmbedder,
        "transformer": lambda: transformer(small_model),
        "int8": lambda: compiled_here(small_model, compiled_models, Precision.INT8),
        "batching": lambda: BatchingEmbedder(HashingEmbedder()),
    }
    made = make[kind]()
    made.embed(["river"])

    made.close()

    with pytest.raises(UnavailableError):
        made.embed(["river"])
