"""The figures of a quality run: measures, differences, categories and the cut, by part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.cutting import CutAnswers, cut_figures, endings
from benchmarks.scoring import by_category, by_part, difference, measures_of, own_time, score
from benchmarks.variants import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.asking import Answered
    from benchmarks.datasets import Dataset
    from memory_service.evaluation.intervals import Interval
    from memory_service.evaluation.measures import Measure

    #: The answers of each system, by part of the set.
    Parts = Mapping[str, Mapping[str, Sequence[Answered]]]

#: The measures that categories are given in.
_BY_CATEGORY = ("ndcg_10", "recall_at_10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything asked of one set, in the order of its questions, and the seconds it took."""

    rankings: Mapping[str, list[Answered]]
    adaptive: list[Answered]
    points: Mapping[str, list[Answered]]
    seconds: Mapping[str, float]


def figures(dataset: Dataset, measured: Measured, *, seed: int) -> dict[str, Any]:
    """The measures of every system, their differences, and what the cut did, by part."""
    measures = measures_of(dataset)
    parts = {name: by_part(dataset, answered) for name, answered in measured.rankings.items()}
    return {
        "systems": {
            name: {part: asdict(score(some, measures, seed=seed)) for part, some in by.items()}
            for name, by in parts.items()
        },
        "differences": _differences(parts, dataset, seed),
        "categories": _categories(parts, dataset, seed),
        "cut": _cuts(dataset, measured, seed),
        "endings": endings(measured.adaptive),
        "own_milliseconds": asdict(own_time(measured.adaptive)),
    }


def _differences(parts: Parts, dataset: Dataset, seed: int) -> dict[str, Any]:
    """The product against each leg alone, in each part."""
    measures, product = measures_of(dataset), parts[PRODUCT]
    return {
        f"{PRODUCT} - {name}": {
            part: _as_dicts(difference(product[part], members, measures, seed=seed))
            for part, members in by.items()
        }
        for name, by in parts.items()
        if name != PRODUCT
    }


def _categories(parts: Parts, dataset: Dataset, seed: int) -> dict[str, Any]:
    """For each part and category, every system and the product against each leg alone."""
    measures = [measure for measure in measures_of(dataset) if measure.name in _BY_CATEGORY]
    found: dict[str, Any] = {}
    for part in parts[PRODUCT]:
        systems = {name: by_category(by[part]) for name, by in parts.items()}
        found[part] = {
            category: _category(
                {name: by[category] for name, by in systems.items()}, measures, seed=seed
            )
            for category in systems[PRODUCT]
        }
    return found


def _category(
    systems: Mapping[str, Sequence[Answered]], measures: Sequence[Measure], *, seed: int
) -> dict[str, Any]:
    product = systems[PRODUCT]
    alone = {name: answered for name, answered in systems.items() if name != PRODUCT}
    return {
        "questions": len(product),
        **{
            name: _as_dicts(score(answered, measures, seed=seed).measures)
            for name, answered in systems.items()
        },
        **{
            f"{PRODUCT} - {name}": _as_dicts(difference(product, answered, measures, seed=seed))
            for name, answered in alone.items()
        },
    }


def _cuts(dataset: Dataset, measured: Measured, seed: int) -> dict[str, Any]:
    uncut = by_part(dataset, measured.rankings[PRODUCT])
    default = by_part(dataset, measured.adaptive)
    points = {name: by_part(dataset, answered) for name, answered in measured.points.items()}
    return {
        part: cut_figures(
            CutAnswers(
                uncut=uncut[part],
                default=default[part],
                points={name: by[part] for name, by in points.items()},
            ),
            seed=seed,
        )
        for part in uncut
    }


def _as_dicts(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: asdict(bounds) for name, bounds in intervals.items()}
