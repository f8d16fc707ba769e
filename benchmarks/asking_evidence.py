"""Asks one set what it can answer, and in every way what it cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from benchmarks.asking import AS_AGENT, as_ranking, ask, ingest
from benchmarks.evidence_scoring import EvidenceFigures, score_evidence
from benchmarks.results import describe_model
from benchmarks.unanswerable import (
    Kind,
    adversarial,
    answerable,
    copies_without_gold,
    cross_paired,
    foreign,
    names_swapped,
    speakers_of,
)
from memory_service.evaluation.measures import NDCG
from memory_service.model.recall import Legs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.datasets import Dataset, Question
    from benchmarks.parts import Parted
    from memory_service.engine.engine import MemoryEngine
    from memory_service.model.recall import Evidence

#: The union of what differs from an answerable question only in having no answer.
NEAR = f"{Kind.GOLD_REMOVED} and {Kind.NAMES_SWAPPED}"
#: The union of all kinds.
ALL = "all kinds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one model's answers gave, by part.

    `calibration` is what the answers say of their own.  `ndcg` is each question's nDCG@10 in the
    uncut ranking of both legs, false premises included; empty when it was not asked for.
    """

    outcomes: Mapping[str, int]
    model: dict[str, Any]
    calibration: list[str]
    parts: Mapping[str, EvidenceFigures]
    ndcg: Mapping[str, list[float]]


def measure(
    engine: MemoryEngine, parted: Parted, others: Sequence[Parted], *, seed: int, ranking: bool
) -> Measured:
    """Remember the set and ask every part of it; foreign questions are from parts of that name.

    With *ranking* its questions are also asked for a ranking without a cut.
    """
    outcomes = ingest(engine, parted.dataset)
    asking = _Asking(engine, parted.dataset)
    ranked = parted.parts if ranking else {}
    parts = {}
    for name, questions in parted.parts.items():
        pools = [answerable(other.parts.get(name, ())) for other in parted.unlike(others)]
        parts[name.value] = _score(asking, questions, pools, seed=seed)
    return Measured(
        outcomes=outcomes,
        model=describe_model(engine.status().model),
        calibration=sorted(asking.calibrations),
        parts=parts,
        ndcg={name.value: asking.ndcg(questions) for name, questions in ranked.items()},
    )


class _Asking:
    """Asks questions of one set and keeps what is said of the evidence."""

    def __init__(self, engine: MemoryEngine, dataset: Dataset) -> None:
        self._engine = engine
        self._dataset = dataset
        self.calibrations: set[str] = set()
        self.speakers = speakers_of(dataset.entries)

    def judged(self, questions: Sequence[Question], label: str) -> list[Evidence]:
        """The evidence for each of these, asked as an agent asks."""
        asked = replace(self._dataset, questions=tuple(questions))
        answered = ask(self._engine, asked, label=label, manner=AS_AGENT)
        found = [one.answer.evidence for one in answered]
        self.calibrations |= {one.calibration for one in found}
        return found

    def without_gold(self, questions: Sequence[Question]) -> list[Evidence]:
        """The evidence for each of these, asked of a copy that lacks its gold.

        A copy is remembered, asked and dropped before the next one.
        """
        found: list[Evidence] = []
        for number, copy in enumerate(copies_without_gold(self._dataset.entries, questions)):
            lacking = copy.as_set(self._dataset, f"copy-{number}")
            ingest(self._engine, lacking)
            found += self.judged(lacking.questions, Kind.GOLD_REMOVED)
            self._engine.drop_namespace(f"copy-{number}")
        return found

    def ndcg(self, questions: Sequence[Question]) -> list[float]:
        """nDCG@10 of each question with gold."""
        asked = replace(self._dataset, questions=tuple(one for one in questions if one.gold))
        answered = ask(self._engine, asked, label="ranking", manner=as_ranking(Legs()))
        return [NDCG.compute(one.ranked, one.question.gold) for one in answered]


def _score(
    asking: _Asking,
    questions: Sequence[Question],
    pools: Sequence[Sequence[Question]],
    *,
    seed: int,
) -> EvidenceFigures:
    own = answerable(questions)
    kinds = {
        Kind.NAMES_SWAPPED: names_swapped(own, asking.speakers),
        Kind.CROSS_PAIRED: cross_paired(own),
        Kind.FOREIGN: foreign(own, pools, seed=seed),
    }
    judged = {Kind.GOLD_REMOVED: asking.without_gold(own)}
    judged |= {kind: asking.judged(asked, kind) for kind, asked in kinds.items()}
    return score_evidence(
        asking.judged(own, "answerable"),
        _groups(judged),
        asking.judged(adversarial(questions), "false premise"),
        seed=seed,
    )


def _groups(judged: Mapping[Kind, list[Evidence]]) -> dict[str, list[Evidence]]:
    """The kinds that there are, and their unions where these are something else."""
    groups = {kind.value: evidence for kind, evidence in judged.items() if evidence}
    near = judged[Kind.GOLD_REMOVED] + judged[Kind.NAMES_SWAPPED]
    if judged[Kind.NAMES_SWAPPED]:
        groups[NEAR] = near
    if len(groups) > 1:
        groups[ALL] = list(chain.from_iterable(judged.values()))
    return groups
