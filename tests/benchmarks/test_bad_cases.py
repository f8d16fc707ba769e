"""The oracle of the bad cases, and whether a wrong answer or a stall is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.bad_cases import trials
from benchmarks.exact import ExactNamespace
from benchmarks.loads import Answered
from benchmarks.trial_import import Stretch, longest_slow_stretch
from benchmarks.trial_store import Question, a_bench, faults_of
from benchmarks.trial_tables import trial_tables
from memory_service.model.entry import contextual_key
from memory_service.model.write import Forget
from tests.support.builders import a_put, a_vector, a_write
from tests.support.clock import START, ManualClock
from tests.support.dict_backend import DictBackend

if TYPE_CHECKING:
    from pathlib import Path

_TEXTS = {
    "a": "The launch moved to the second of June.",
    "b": "The launch was a success, a launch like no other.",
    "c": "Bring the tent.",
    "d": "June is warm; in June we swim.",
}


def test_the_oracle_scores_as_the_plainest_backend_does() -> None:
    backend = DictBackend(clock=ManualClock())
    exact = ExactNamespace(k1=0.9, b=0.4)
    for seed, (id, text) in enumerate(_TEXTS.items()):
        put = a_put(id, text=text, seed=seed)
        backend.apply(a_write(put))
        key = contextual_key(put.draft).text
        exact.put(id, key=key, text=text, vector=a_vector(seed))
    backend.apply(a_write(Forget(id="b")))
    exact.forget(["b"])

    with backend.reader("ns", filter=None, now=START) as reader:
        for query in ("launch in june", "june june tent", "nothing of this"):
            leg = reader.lexical(query, 10)
            wanted = dict(zip(reader.ids(leg.ordinals), leg.scores, strict=True))
            assert exact.lexical(query) == pytest.approx(wanted)
        dense = reader.dense(a_vector(9), 10)
        wanted = dict(zip(reader.ids(dense.ordinals), dense.scores, strict=True))
    assert exact.dense(a_vector(9)) == pytest.approx(wanted, abs=1e-3)
    assert exact.text("a") == _TEXTS["a"]
    assert (len(exact), exact.written) == (3, 4)


def test_a_backend_that_answers_otherwise_is_noticed(tmp_path: Path) -> None:
    with a_bench(tmp_path) as bench:
        list(bench.grow(60))
        questions = bench.questions(5)
        right = faults_of(bench, questions, when="now")
        bench.oracle.forget([f"e{number}" for number in range(0, 60, 2)])
        wrong = faults_of(bench, questions, when="now")

    assert right == []
    assert any("lexical answer" in fault for fault in wrong)
    assert any("dense answer" in fault for fault in wrong)


def test_an_entry_that_is_missing_is_noticed_where_the_scores_are_right(tmp_path: Path) -> None:
    with a_bench(tmp_path) as bench:
        list(bench.grow(30))
        vector = bench.vector("x")
        bench.oracle.put("unstored", key="x", text="x", vector=vector)
        asked = Question(text="y", vector=vector)
        faults = faults_of(bench, [asked], when="now")

    assert any("the dense leg found" in fault for fault in faults)


def _answered(*waits: float) -> list[Answered]:
    """Recalls one after the other, each so many milliseconds long."""
    ends = np.cumsum(waits) / 1_000
    return [
        Answered(number=number, due=end - wait / 1_000, done=end, body=b"")
        for number, (end, wait) in enumerate(zip(ends.tolist(), waits, strict=True))
    ]


def test_a_slow_stretch_ends_with_the_first_recall_that_is_not_slow() -> None:
    stretch = longest_slow_stretch(_answered(10, 40, 50, 10, 10, 60, 10, 10, 10, 10))

    assert stretch.recalls == 2
    assert stretch.seconds == pytest.approx(0.09)


def test_three_times_the_median_is_not_slow() -> None:
    assert longest_slow_stretch(_answered(10, 30, 10)) == Stretch(seconds=0.0, recalls=0)


def test_every_case_scales_and_has_its_row() -> None:
    cases = trials(scale=0.001, model="hashing")
    row = {"figures": {"entries": 1_000, "ms": 2.5}, "faults": [], "holds": True, "seconds": 3.2}
    result = {
        "run": {
            "at": "2024-05-01T10:00:00+00:00",
            "machine": {"cpu": "Some CPU", "cores": 2},
            "code": {"commit": "0123456789abcdef", "dirty": False},
        },
        "scale": 1.0,
        "model": "hashing",
        "cases": {"growing": row, "forgetting": {**row, "holds": False, "faults": ["one"]}},
    }

    assert len(cases) == 7
    assert "| `growing` | entries 1,000; ms 2.50 | 3 s | holds |" in trial_tables([result])
    assert "misses: one" in trial_tables([result])
