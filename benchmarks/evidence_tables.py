"""Markdown tables of what `evidence` is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LEVELS = ("strong", "weak", "none")
#: The group whose reliability is shown: the first of these that there is.
_SHOWN = ("gold removed and names swapped", "all kinds", "gold removed")


def evidence_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Per set: every kind of question by part, reliability, and the tilted model beside it."""
    return "\n\n".join(part for result in results for part in _evidence(result))


def _evidence(result: Mapping[str, Any]) -> Iterator[str]:
    yield _title(result)
    yield _kinds(result["parts"])
    for part, figures in result["parts"].items():
        yield _reliability(part, figures)
    if result["tilted"]:
        yield f"The same with {_name(result['tilted'])}:"
        yield _kinds(result["tilted"]["parts"])
        yield _ranking(result["tilted"]["ndcg_10"])


def _title(result: Mapping[str, Any]) -> str:
    run, data = result["run"], result["data"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    return (
        f"**{result['set']}**: {data['entries']:,} entries, {data['namespaces']} namespaces. "
        f"{_name(result)}, calibration {', '.join(result['calibration'])}, {run['at'][:10]}, "
        f"seed {run['seed']}, commit {commit}."
    )


def _name(result: Mapping[str, Any]) -> str:
    identity = result["model"]["identity"]
    return str(identity["name"]) if identity else "no model"


def _kinds(parts: Mapping[str, Any]) -> str:
    headings = ["questions", "n", "mean", *_LEVELS, "AUROC", "passing", "ECE", "ECE by count"]
    return table(headings, [row for part in parts.items() for row in _rows(*part)])


def _rows(part: str, figures: Mapping[str, Any]) -> Iterator[list[str]]:
    passing = _percent(0.95)
    yield [f"{part}: answerable", *_judged(figures["answerable"]), "", f"≥ {passing}", "", ""]
    if figures["false_premise"]:
        yield [f"{part}: false premise", *_judged(figures["false_premise"]), "", "", "", ""]
    for name, group in figures["groups"].items():
        area = group["auroc"]
        yield [
            f"{part}: {name}",
            *_judged(group["judged"]),
            f"{area['mean']:.3f} ({area['low']:.3f} to {area['high']:.3f})",
            _percent(group["false_positive_rate"]),
            f"{group['calibration_error']:.3f}",
            f"{group['calibration_error_by_count']:.3f} at {_percent(group['answerable_share'])}",
        ]


def _judged(judged: Mapping[str, Any]) -> list[str]:
    levels = judged["levels"]
    counts = [f"{levels.get(level, 0):,}" for level in _LEVELS]
    return [f"{judged['questions']:,}", f"{judged['mean_probability']:.2f}", *counts]


def _reliability(part: str, figures: Mapping[str, Any]) -> str:
    name = next(name for name in _SHOWN if name in figures["groups"])
    rows = [
        [f"{one['low']:.1f} to {one['high']:.1f}"]
        + [_percent(one[column]) for column in ("share", "predicted", "observed")]
        for one in figures["groups"][name]["reliability"]
    ]
    return table([f"{part}, {name}: probability", "share", "predicted", "observed"], rows)


def _ranking(parts: Mapping[str, Any]) -> str:
    rows = [
        [part, *(_bounds(figures[name]) for name in ("plain", "tilted", "tilted - plain"))]
        for part, figures in parts.items()
    ]
    return table(["nDCG@10", "plain", "tilted", "tilted - plain"], rows)


def _bounds(value: Mapping[str, float]) -> str:
    return f"{_percent(value['mean'])} ({_percent(value['low'])} to {_percent(value['high'])})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
