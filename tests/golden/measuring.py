"""What the product makes of the golden sets: figures and answers that a change must not worsen."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asking import AS_AGENT, as_ranking, ask, ingest
from benchmarks.datasets import find_sets, read_set
from memory_service.app import create_engine
from memory_service.embedding.places import offline_extra
from memory_service.evaluation.measures import MEASURES
from memory_service.model.recall import EvidenceLevel, Legs
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.asking import Answered
    from benchmarks.datasets import Dataset
    from memory_service.engine.engine import MemoryEngine
    from memory_service.evaluation.measures import Measure

HERE = Path(__file__).parent
FILE = HERE / "golden.json"
LEGS = {
    "lexical": Legs(dense=False),
    "dense": Legs(lexical=False),
    "hybrid": Legs(),
}
GUARDED = tuple(one for one in MEASURES if one.name in ("ndcg_10", "recall_at_10"))
#: Questions whose first three hits are kept, by set.  Each shows one thing a ranking can do, and
#: has its first four well apart, so that another processor's rounding does not swap them.
TELLING: Mapping[str, Sequence[str]] = {
    "conversation": ("q6", "q18", "q34", "q35", "q37", "q45"),
    "notes": ("q11", "q15", "q18", "q20", "q23", "q25", "q26", "q32", "q35"),
}
#: The product's present, so that what is recent or was "last week" does not move with the calendar.
_NOW = datetime(2024, 12, 1, 12, tzinfo=UTC)
_FIRST = 3
#: As deep as the measures look.
_DEPTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigures:
    """One set.

    `legs` holds measures in percent, by legs and measure.  `first` are the ids of the best three
    hits of telling questions.  `evidence` is the level that questions without an answer get, and
    `silent` are questions with an answer that get none.
    """

    legs: Mapping[str, Mapping[str, float]]
    first: Mapping[str, Sequence[str]]
    evidence: Mapping[str, str]
    silent: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """All sets, and the SHA-256 of the weights they were measured with."""

    model: str
    sets: Mapping[str, SetFigures]


def measure() -> Golden:
    """Remember and ask the golden sets, with the packaged model."""
    with tempfile.TemporaryDirectory() as folder, _engine(Path(folder)) as engine:
        sets = [read_set(path) for path in find_sets(HERE)]
        measured = {dataset.name: _figures(engine, dataset) for dataset in sets}
        identity = engine.status().model.identity
        assert identity is not None
        return Golden(model=identity.sha256, sets=measured)


def read_golden() -> Golden:
    """What was measured when the ranking was last changed on purpose."""
    held = json.loads(FILE.read_text(encoding="utf-8"))
    sets = {name: SetFigures(**figures) for name, figures in held["sets"].items()}
    return Golden(model=held["model"], sets=sets)


def write_golden(golden: Golden) -> None:
    """Keep what was measured."""
    text = json.dumps(asdict(golden), ensure_ascii=False, indent=2, sort_keys=True)
    FILE.write_text(text + "\n", encoding="utf-8")


@contextmanager
def _engine(folder: Path) -> Iterator[MemoryEngine]:
    model = offline_extra()
    assert model is not None, "install the offline extra: pip install '.[offline]'"
    # As the library computes it: what is guarded is the ranking.
    settings = Settings(data_folder=folder, model=str(model), precision="stock", model_threads=1)
    engine = create_engine(settings, clock=lambda: _NOW)
    try:
        yield engine
    finally:
        engine.close()


def _figures(engine: MemoryEngine, dataset: Dataset) -> SetFigures:
    ingest(engine, dataset)
    rankings = {
        name: ask(engine, dataset, label=name, manner=replace(as_ranking(legs), limit=_DEPTH))
        for name, legs in LEGS.items()
    }
    answers = ask(engine, dataset, label="adaptive", manner=AS_AGENT)
    return SetFigures(
        legs={
            name: {one.name: _percent(ranking, one) for one in GUARDED}
            for name, ranking in rankings.items()
        },
        first={
            one.question.id: list(one.ranked[:_FIRST])
            for one in rankings["hybrid"]
            if one.question.id in TELLING[dataset.name]
        },
        evidence={one.question.id: _level(one).value for one in answers if not one.question.gold},
        silent=[
            one.question.id
            for one in answers
            if one.question.gold and _level(one) is EvidenceLevel.NONE
        ],
    )


def _percent(ranking: Sequence[Answered], measure: Measure) -> float:
    values = [
        measure.compute(one.ranked, one.question.gold) for one in ranking if one.question.gold
    ]
    return round(100 * sum(values) / len(values), 2)


def _level(one: Answered) -> EvidenceLevel:
    return one.answer.evidence.level
