"""Times a model compiled and as its library runs it, in turn."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.percentiles import percentiles
from memory_service.embedding.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from memory_service.embedding.compiled import CompiledEmbedder

#: One token each in both models.
_WORDS = ("river", "train", "music", "ann")
QUESTION, PASSAGE, BATCH = 16, 64, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """How many times faster the compiled model is than the library, and the times behind it.

    Each is the median of the ratios of calls that followed each other.  `together` compares the
    compiled model with itself: 32 calls of one question against one call of 32.
    """

    query: float
    batch: float
    together: float
    milliseconds: Mapping[str, Mapping[str, float]]


def measure_speeds(model: Path, embedder: CompiledEmbedder, *, rounds: int, seed: int) -> Speeds:
    """Time questions and batches of both, in turn, *rounds* times, after two for nothing."""
    import torch
    from sentence_transformers import SentenceTransformer

    # Weights stored in half precision would run in it, many times slower.
    widened = {"dtype": torch.float32}
    stock: Any = SentenceTransformer(
        str(model), device="cpu", local_files_only=True, model_kwargs=widened
    )
    texts = _Texts(model, seed)

    def library(some: Sequence[str]) -> None:
        stock.encode(list(some), batch_size=BATCH, show_progress_bar=False)

    def one_by_one(some: Sequence[str]) -> None:
        for text in some:
            embedder.embed([text])

    measured: dict[str, list[float]] = {}
    for number in range(rounds + 2):
        questions = texts.of(QUESTION, BATCH)
        passages = texts.of(PASSAGE, BATCH)
        times = {
            "one question, library": _time(library, questions[:1]),
            "one question": _time(embedder.embed, questions[:1]),
            "32 questions, one by one": _time(one_by_one, questions),
            "32 questions in one call": _time(embedder.embed, questions),
            "32 x 64 tokens, library": _time(library, passages),
            "32 x 64 tokens": _time(embedder.embed, passages),
        }
        for name, milliseconds in times.items() if number >= 2 else ():
            measured.setdefault(name, []).append(milliseconds)
    return Speeds(
        query=_ratio(measured, "one question, library", "one question"),
        batch=_ratio(measured, "32 x 64 tokens, library", "32 x 64 tokens"),
        together=_ratio(measured, "32 questions, one by one", "32 questions in one call"),
        milliseconds={name: asdict(percentiles(times)) for name, times in measured.items()},
    )


class _Texts:
    """Texts of a given number of tokens, no two alike but by chance."""

    def __init__(self, model: Path, seed: int) -> None:
        definition = (model / "tokenizer.json").read_text(encoding="utf-8")
        self._tokens = Tokens(definition, window=PASSAGE * 2)
        self._random = np.random.default_rng(seed)

    def of(self, tokens: int, count: int) -> list[str]:
        """So many texts of so many tokens, special tokens included."""
        texts = [" ".join(self._random.choice(_WORDS, tokens - 2)) for _ in range(count)]
        if {self._tokens.count(text) for text in texts} != {tokens}:
            raise ValueError(f"a word is not one token in this model, among {', '.join(_WORDS)}")
        return texts


def _time(call: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    start = time.perf_counter()
    call(texts)
    return 1_000 * (time.perf_counter() - start)


def _ratio(measured: Mapping[str, Sequence[float]], slow: str, fast: str) -> float:
    return median(one / other for one, other in zip(measured[slow], measured[fast], strict=True))
