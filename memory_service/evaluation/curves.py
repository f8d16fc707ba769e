"""What an answer keeps of the gold for the tokens it costs, and two ways to cut beside each other.

Ways to cut compare only at an equal price: one that returns more finds more.  A way to cut is
measured at several settings; the broken line through those points says what it would keep at any
price between them, and what it would need to keep any share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.evaluation.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """The answers of one setting, one row for each question with gold, in the same order.

    `tokens` and `hits` are what was returned, `relevant` how many hits are gold, `share` the part
    of the question's gold among them.
    """

    tokens: Values
    hits: Values
    relevant: Values
    share: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFigures:
    """The same over all questions.

    `hits`, `tokens` and `gold_kept` are means over questions; `precision` is the share of all
    hits that are gold, 0 where there are none.
    """

    hits: float
    tokens: float
    precision: float
    gold_kept: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Mean tokens, rising, and the mean share of gold kept for them, rising as well."""

    tokens: Values
    gold: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A line against a fixed number of hits; `None` where the line does not reach that far.

    `tokens_saved` is the share of the fixed number's tokens that the line saves where it keeps as
    much gold; `gold_gained` is what it keeps more at as many tokens.
    """

    tokens_saved: Interval | None
    gold_gained: Interval | None


def figures_of(kept: Kept) -> KeptFigures:
    """The figures of one setting.

    Raises:
        ValueError: If there is no question.
    """
    if not len(kept.tokens):
        raise ValueError("figures need at least one question")
    hits = float(kept.hits.sum())
    return KeptFigures(
        hits=float(kept.hits.mean()),
        tokens=float(kept.tokens.mean()),
        precision=float(kept.relevant.sum()) / hits if hits else 0.0,
        gold_kept=float(kept.share.mean()),
    )


def curve(tokens: Sequence[float] | Values, gold: Sequence[float] | Values) -> Curve:
    """The broken line through these points, one for each setting.

    A point that keeps no more than one with fewer tokens is left out: nobody would choose it.
    """
    points = np.column_stack([np.asarray(tokens, np.float64), np.asarray(gold, np.float64)])
    points = points[np.lexsort((-points[:, 1], points[:, 0]))]
    best_before = np.maximum.accumulate(np.concatenate([[-np.inf], points[:-1, 1]]))
    chosen = points[points[:, 1] > best_before]
    return Curve(tokens=chosen[:, 0], gold=chosen[:, 1])


def gold_at(line: Curve, tokens: float) -> float | None:
    """The share kept for so many tokens; `None` outside the line's ends."""
    return _between(tokens, line.tokens, line.gold)


def tokens_at(line: Curve, gold: float) -> float | None:
    """The tokens needed to keep that share; `None` outside the line's ends."""
    return _between(gold, line.gold, line.tokens)


def compare_with_fixed(
    points: Sequence[Kept], fixed: Kept, *, seed: int, resamples: int = 500
) -> Comparison:
    """The line through *points* against the one point *fixed*, over the same questions.

    The bounds hold 95 in 100 of the values with questions drawn anew, all settings alike; a draw
    for which the line does not reach is left out.
    """
    columns = [column for one in (fixed, *points) for column in (one.tokens, one.share)]
    table = np.column_stack(columns)
    draws = np.random.default_rng(seed).integers(0, len(table), size=(resamples, len(table)))
    means = [table.mean(axis=0), *(table[draw].mean(axis=0) for draw in draws)]
    pairs = [_saved_and_gained(row) for row in means]
    return Comparison(
        tokens_saved=_bounded([saved for saved, _ in pairs]),
        gold_gained=_bounded([gained for _, gained in pairs]),
    )


def _saved_and_gained(means: Values) -> tuple[float | None, float | None]:
    (tokens, gold), *points = means.reshape(-1, 2).tolist()
    line = curve([point[0] for point in points], [point[1] for point in points])
    needed, kept = tokens_at(line, gold), gold_at(line, tokens)
    return (
        None if needed is None or not tokens else 1.0 - needed / tokens,
        None if kept is None else kept - gold,
    )


def _bounded(values: Sequence[float | None]) -> Interval | None:
    """The first value between the bounds of the others; `None` if there is no first."""
    measured, *drawn = values
    if measured is None:
        return None
    known = [value for value in drawn if value is not None] or [measured]
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(mean=measured, low=float(low), high=float(high))


def _between(value: float, places: Values, heights: Values) -> float | None:
    if not len(places) or not places[0] <= value <= places[-1]:
        return None
    return float(np.interp(value, places, heights))
