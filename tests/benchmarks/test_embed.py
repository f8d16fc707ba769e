"""The benchmark of the model by itself, on a tiny one."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from benchmarks.embed_tables import embed_tables
from benchmarks.embed_timing import measure_speeds
from memory_service.embedding.precision import Precision
from tests.support.compiled import compiled_here

if TYPE_CHECKING:
    from pathlib import Path


def test_a_ratio_is_the_median_of_ratios_of_calls_that_followed_each_other(
    small_model: Path, compiled_models: Path
) -> None:
    with closing(compiled_here(small_model, compiled_models, Precision.INT8)) as embedder:
        speeds = measure_speeds(small_model, embedder, rounds=1, seed=0)

    times = {name: row["median"] for name, row in speeds.milliseconds.items()}
    assert speeds.query == pytest.approx(times["one question, library"] / times["one question"])
    assert speeds.batch == pytest.approx(times["32 x 64 tokens, library"] / times["32 x 64 tokens"])
    assert speeds.together == pytest.approx(
        times["32 questions, one by one"] / times["32 questions in one call"]
    )


def test_the_page_says_what_was_measured() -> None:
    result = json.loads(
        """{"set": "m", "model": {"precision": "int8"}, "idle_megabytes": 261.6,
        "run": {"at": "2026-01-02T03", "seed": 7, "machine": {"cpu": "C", "cores": 2},
        "code": {"commit": "0123456789abc", "dirty": true}},
        "milliseconds": {"one question": {"median": 1.04, "p95": 2, "p99": 3}},
        "times_faster": {"one question": 5.04, "32 x 64 tokens": 4, "32 questions in one call": 2},
        "agreement": {"mean_cosine": 0.9973, "top_10": 0.942},
        "start_seconds": {"first": 20, "next": 1.5}}"""
    )

    page = embed_tables([result])

    assert "| one question | 1.0 | 2.0 | 3.0 |" in page
    assert "**m**, int8: C, 2 cores, 2026-01-02, seed 7, commit 0123456789 and changes." in page
    assert "One question 5.0 times as fast" in page
    assert "First start 20.0 s, next 1.5 s, an idle daemon 262 MB." in page
