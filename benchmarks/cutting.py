"""What the adaptive cut keeps and costs, beside a fixed number of hits and within a budget."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.evaluation.curves import Kept, compare_with_fixed, figures_of
from memory_service.retrieval.packing import fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.asking import Answered

#: Fixed numbers of hits.
FIXED = (3, 5, 8, 10, 20)
#: Tokens of returned text, as the product estimates them.
BUDGETS = (128, 256, 512, 1024, 2048)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutAnswers:
    """The same questions, those with gold, answered in every way that is compared.

    `uncut` holds the product's whole ranking, `default` its answers as an agent gets them, and
    `points` its answers at each setting of the cut.
    """

    uncut: Sequence[Answered]
    default: Sequence[Answered]
    points: Mapping[str, Sequence[Answered]]


def cut_figures(answers: CutAnswers, *, seed: int) -> dict[str, Any]:
    """Every way's figures, the curve against each fixed number, and both within each budget."""
    fixed = {k: first_hits(answers.uncut, k) for k in FIXED}
    points = {name: as_answered(answered) for name, answered in answers.points.items()}
    curve = list(points.values())
    return {
        "fixed": {str(k): asdict(figures_of(kept)) for k, kept in fixed.items()},
        "default": asdict(figures_of(as_answered(answers.default))),
        "points": {name: asdict(figures_of(kept)) for name, kept in points.items()},
        "against_fixed": {
            str(k): asdict(compare_with_fixed(curve, kept, seed=seed)) for k, kept in fixed.items()
        },
        "budgets": {
            str(budget): {
                "uncut": asdict(figures_of(within(answers.uncut, budget))),
                "adaptive": asdict(figures_of(within(answers.default, budget))),
            }
            for budget in BUDGETS
        },
    }


def endings(answered: Sequence[Answered]) -> dict[str, Any]:
    """How many answers ended why, and how much evidence they claim, with gold and without."""
    return {
        "reasons": _count(one.answer.cut.reason.value for one in answered),
        "evidence": _count(
            one.answer.evidence.level.value for one in answered if one.question.gold
        ),
        "evidence_without_gold": _count(
            one.answer.evidence.level.value for one in answered if not one.question.gold
        ),
    }


def as_answered(answered: Sequence[Answered]) -> Kept:
    """The answers as they came, with all that they cost."""
    tokens = [float(one.answer.tokens) for one in answered]
    return _kept(answered, [len(one.ranked) for one in answered], tokens)


def first_hits(answered: Sequence[Answered], k: int) -> Kept:
    """The first *k* hits of each ranking."""
    return _leading(answered, [min(k, len(one.ranked)) for one in answered])


def within(answered: Sequence[Answered], budget: int) -> Kept:
    """The leading hits of each answer that fit the budget together, as the product packs them."""
    return _leading(answered, [fitting(_tokens(one), budget) for one in answered])


def _leading(answered: Sequence[Answered], counts: Sequence[int]) -> Kept:
    pairs = zip(answered, counts, strict=True)
    return _kept(answered, counts, [float(sum(_tokens(one)[:count])) for one, count in pairs])


def _kept(answered: Sequence[Answered], counts: Sequence[int], tokens: Sequence[float]) -> Kept:
    relevant = [
        len(one.question.gold.keys() & set(one.ranked[:count]))
        for one, count in zip(answered, counts, strict=True)
    ]
    gold = np.array([len(one.question.gold) for one in answered], dtype=np.float64)
    found = np.array(relevant, dtype=np.float64)
    return Kept(
        tokens=np.array(tokens, dtype=np.float64),
        hits=np.array(counts, dtype=np.float64),
        relevant=found,
        share=found / gold,
    )


def _tokens(one: Answered) -> list[int]:
    return [hit.tokens for hit in one.answer.hits]


def _count(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
