"""The figures of an evaluation: what its rows say together, and beside those of an earlier one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.errors import InvalidInputError
from memory_service.evaluation.calibration import auroc_interval, false_positive_rate
from memory_service.evaluation.curves import Kept, figures_of
from memory_service.evaluation.intervals import interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from memory_service.cli.eval_rows import QuestionRow
    from memory_service.evaluation.intervals import Interval

#: The share of questions with an answer that a threshold on the probability is to keep.
KEPT = 0.95
#: Of the resampling: the same rows always have the same intervals.
_SEED = 0
DECISIVE = "ndcg_10"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFigures:
    """Answers as an agent gets them, over the questions that have one.

    `precision` is the share of all hits that are gold; the others are means over questions.
    """

    hits: Interval
    tokens: Interval
    gold_kept: Interval
    precision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFigures:
    """What the answers claim: how many at each level, for questions with an answer and without.

    `auroc` is how often a question with an answer has a higher probability than one without;
    `false_positive_rate` the share of those without that reach the probability which keeps 95 %
    of those with one.  Both need questions of either kind.
    """

    answerable: Mapping[str, int]
    unanswerable: Mapping[str, int]
    auroc: Interval | None
    false_positive_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A group of questions; those without an answer count for the evidence alone."""

    questions: int
    answerable: int
    measures: Mapping[str, Interval]
    answer: AnswerFigures | None
    evidence: EvidenceFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """This evaluation less an earlier one, over the `questions` with gold that both asked.

    Intervals are of paired differences.  `better` and `worse` count questions by nDCG@10;
    `only_now` and `only_before` count questions of any kind that one of them alone asked.
    """

    questions: int
    measures: Mapping[str, Interval]
    hits: Interval
    tokens: Interval
    gold_kept: Interval
    better: int
    worse: int
    only_now: int
    only_before: int


def figures(rows: Sequence[QuestionRow]) -> Figures:
    """The figures of these questions."""
    found = [row for row in rows if row.gold]
    names = found[0].measures if found else ()
    return Figures(
        questions=len(rows),
        answerable=len(found),
        measures={name: _over(found, _measure(name)) for name in names},
        answer=_answer(found) if found else None,
        evidence=_evidence(found, [row for row in rows if not row.gold]),
    )


def by_namespace(rows: Sequence[QuestionRow]) -> dict[str, Figures]:
    """The figures of each namespace, by name."""
    names = sorted({row.namespace for row in rows})
    return {name: figures([row for row in rows if row.namespace == name]) for name in names}


def worst(rows: Iterable[QuestionRow], *, most: int) -> list[QuestionRow]:
    """The questions with gold that are ranked worst, worst first; none that is ranked perfectly."""
    missed = [row for row in rows if row.gold and row.measures[DECISIVE] < 1]
    return sorted(missed, key=lambda row: (row.measures[DECISIVE], row.share, row.line))[:most]


def check_baseline(digests: Iterable[str], before: Sequence[QuestionRow]) -> None:
    """Refuse a baseline that nothing can be compared with, before anything is asked.

    Raises:
        InvalidInputError: If no question with gold is in both.
    """
    if not set(digests) & {row.question for row in before if row.gold}:
        raise InvalidInputError(
            "The baseline holds none of these questions; it is a file that --per-query wrote for "
            "the same gold."
        )


def difference(now: Sequence[QuestionRow], before: Sequence[QuestionRow]) -> Difference:
    """What changed since *before*; at least one question with gold is in both."""
    earlier = {row.question: row for row in before}
    pairs = [(row, earlier[row.question]) for row in now if row.gold and row.question in earlier]
    names = [name for name in pairs[0][0].measures if name in pairs[0][1].measures]
    gains = [row.measures[DECISIVE] - old.measures[DECISIVE] for row, old in pairs]
    asked = {row.question for row in now}
    return Difference(
        questions=len(pairs),
        measures={name: _between(pairs, _measure(name)) for name in names},
        hits=_between(pairs, _hits),
        tokens=_between(pairs, _tokens),
        gold_kept=_between(pairs, _share),
        better=sum(gain > 0 for gain in gains),
        worse=sum(gain < 0 for gain in gains),
        only_now=len(asked - earlier.keys()),
        only_before=len(earlier.keys() - asked),
    )


def _answer(found: Sequence[QuestionRow]) -> AnswerFigures:
    kept = Kept(
        tokens=np.array([row.tokens for row in found], np.float64),
        hits=np.array([len(row.hits) for row in found], np.float64),
        relevant=np.array([row.relevant for row in found], np.float64),
        share=np.array([row.share for row in found], np.float64),
    )
    return AnswerFigures(
        hits=_over(found, _hits),
        tokens=_over(found, _tokens),
        gold_kept=_over(found, _share),
        precision=figures_of(kept).precision,
    )


def _evidence(found: Sequence[QuestionRow], without: Sequence[QuestionRow]) -> EvidenceFigures:
    above = [row.probability for row in found]
    below = [row.probability for row in without]
    both = bool(above and below)
    return EvidenceFigures(
        answerable=Counter(row.evidence for row in found),
        unanswerable=Counter(row.evidence for row in without),
        auroc=auroc_interval(above, below, seed=_SEED) if both else None,
        false_positive_rate=false_positive_rate(above, below, kept=KEPT) if both else None,
    )


def _over(rows: Sequence[QuestionRow], value: Callable[[QuestionRow], float]) -> Interval:
    return interval([value(row) for row in rows], seed=_SEED)


def _between(
    pairs: Sequence[tuple[QuestionRow, QuestionRow]], value: Callable[[QuestionRow], float]
) -> Interval:
    return interval([value(row) - value(old) for row, old in pairs], seed=_SEED)


def _measure(name: str) -> Callable[[QuestionRow], float]:
    return lambda row: row.measures[name]


def _hits(row: QuestionRow) -> float:
    return float(len(row.hits))


def _tokens(row: QuestionRow) -> float:
    return float(row.tokens)


def _share(row: QuestionRow) -> float:
    return row.share
