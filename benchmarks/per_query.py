"""Each question's measures and answer, one JSON line a question, to compare two configurations.

They hold ids and figures, no text; they are not kept in the repository.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from memory_service.errors import MalformedLineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.asking import Answered
    from memory_service.evaluation.measures import Measure

#: How many ids of a ranking a line holds.
FIRST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRow:
    """One question and what became of it.

    `gold` counts its relevant entries; without any it has no `measures`.  `first` are the best
    ids of the ranking without a cut, `hits` those of the answer as an agent gets it, which costs
    `tokens` and claims an answer with probability `evidence`.
    """

    id: str
    namespace: str
    category: str
    gold: int
    measures: Mapping[str, float]
    first: Sequence[str]
    hits: Sequence[str]
    tokens: int
    evidence: float


def rows(
    ranking: Sequence[Answered], adaptive: Sequence[Answered], measures: Sequence[Measure]
) -> list[QuestionRow]:
    """The rows of these questions, ranked without a cut and answered as an agent asks."""
    return [
        _row(ranked, answered, measures) for ranked, answered in zip(ranking, adaptive, strict=True)
    ]


def write_rows(file: Path, lines: Iterable[QuestionRow]) -> None:
    """Write the rows, one a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in lines)
    file.write_text(text, encoding="utf-8")


def read_rows(file: Path) -> list[QuestionRow]:
    """The rows of a file.

    Raises:
        MalformedLineError: If a line is not one of them.
    """
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(QuestionRow(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise MalformedLineError(
                f"line {number} of {file.name} is not a question's row", line=number
            ) from error
    return found


def _row(ranked: Answered, answered: Answered, measures: Sequence[Measure]) -> QuestionRow:
    asked = ranked.question
    return QuestionRow(
        id=asked.id,
        namespace=asked.namespace,
        category=asked.category,
        gold=len(asked.gold),
        measures={
            measure.name: measure.compute(ranked.ranked, asked.gold)
            for measure in (measures if asked.gold else ())
        },
        first=ranked.ranked[:FIRST],
        hits=answered.ranked,
        tokens=answered.answer.tokens,
        evidence=answered.answer.evidence.probability,
    )
