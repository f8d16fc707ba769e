"""Markdown tables from results; the same on the screen and in `benchmarks/README.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [headings, rule, *rows])


def title(result: Mapping[str, Any]) -> str:
    """What was measured, on what, with what."""
    data, run = result["data"], result["run"]
    identity = result["model"]["identity"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    return (
        f"**{result['set']}**: {data['entries']:,} entries, {data['questions']:,} questions "
        f"({data['with_gold']:,} with an answer), {data['namespaces']} namespaces. "
        f"{identity['name'] if identity else 'no model'}, {run['machine']['cpu']}, "
        f"{run['machine']['cores']} cores, {run['at'][:10]}, seed {run['seed']}, commit {commit}."
    )


def bounds(value: Mapping[str, float]) -> str:
    """A mean with the bounds of its interval, in percent."""
    return f"{percent(value['mean'])} ({percent(value['low'])} to {percent(value['high'])})"


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f}"


def latency_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Recall over HTTP beside the model's forward pass, in milliseconds."""
    return "\n\n".join(part for result in results for part in _latency(result))


def _latency(result: Mapping[str, Any]) -> list[str]:
    figures = result["milliseconds"]
    rows = [
        [label, *(f"{row[name]:.1f}" for name in ("median", "p95", "p99"))]
        for label, row in figures.items()
    ]
    return [
        title(result),
        table(["milliseconds", "median", "p95", "p99"], rows),
        f"{result['recalls']:,} different questions, one after the other on one connection; "
        f"{result['beyond_forward_median']:.1f} ms beyond the forward pass alone (medians).",
    ]
