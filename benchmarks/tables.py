"""Markdown tables from results; the same on the screen and in `benchmarks/README.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_HEADINGS = {
    "ndcg_10": "nDCG@10",
    "ndcg_10_graded": "nDCG@10, graded",
    "recall_at_5": "recall_at_5",
    "recall_at_10": "recall_at_10",
    "recall_at_20": "recall_at_20",
    "hit_1": "hit@1",
    "mrr": "MRR",
}


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [headings, rule, *rows])


def quality_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Per set: every system with intervals, the hybrid by category, the cut; in percent."""
    return "\n\n".join(part for result in results for part in _quality(result))


def latency_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Recall over HTTP beside the model's forward pass, in milliseconds."""
    return "\n\n".join(part for result in results for part in _latency(result))


def ingest_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Import against the model alone, restart, and kills during an import."""
    return "\n\n".join(part for result in results for part in _ingest(result))


def _quality(result: Mapping[str, Any]) -> list[str]:
    return [_title(result), _systems(result), *_categories(result), _cut(result)]


def _systems(result: Mapping[str, Any]) -> str:
    systems = result["systems"]
    rows = [[name, *_all_bounds(groups["all"]["measures"])] for name, groups in systems.items()]
    rows += [
        [f"{name}, held out", *_all_bounds(groups["held out"]["measures"])]
        for name, groups in systems.items()
        if "held out" in groups
    ]
    rows += [[name, *_all_bounds(by)] for name, by in result["differences"].items()]
    return table(["", *_headings(systems["hybrid"]["all"]["measures"])], rows)


def _categories(result: Mapping[str, Any]) -> list[str]:
    groups = result["systems"]["hybrid"]
    rows = [
        [name, str(group["questions"]), *(_percent(m["mean"]) for m in group["measures"].values())]
        for name, group in groups.items()
        if name not in ("all", "held out")
    ]
    headings = ["hybrid, by category", "n", *_headings(groups["all"]["measures"])]
    return [table(headings, rows)] if rows else []


def _cut(result: Mapping[str, Any]) -> str:
    cut = result["adaptive"]
    levels = ", ".join(f"{level} {count:,}" for level, count in cut["evidence"].items())
    return (
        f"Adaptive cut at its defaults: {cut['mean_hits']:.1f} hits a question of at most "
        f"{cut['limit']}; it keeps {_percent(cut['gold_kept'])} % of the relevant entries "
        f"({_percent(cut['gold_kept_uncut'])} % without a cut). "
        f"Evidence over the questions with an answer: {levels}."
    )


def _latency(result: Mapping[str, Any]) -> list[str]:
    figures = result["milliseconds"]
    rows = [
        [label, *(f"{row[name]:.1f}" for name in ("median", "p95", "p99"))]
        for label, row in figures.items()
    ]
    return [
        _title(result),
        table(["milliseconds", "median", "p95", "p99"], rows),
        f"{result['recalls']:,} different questions, one after the other on one connection; "
        f"{result['beyond_forward_median']:.1f} ms beyond the forward pass alone (medians).",
    ]


def _ingest(result: Mapping[str, Any]) -> list[str]:
    imported, restart, kills = result["import"], result["restart"], result["kills"]
    rows = [
        ["import through the client", f"{imported['entries_per_second']:.0f} entries/s"],
        ["the model alone, same texts", f"{imported['model_texts_per_second']:.0f} texts/s"],
        ["ready again after a restart", f"{restart['seconds']:.1f} s"],
        ["same answers after it", f"{restart['same']} of {restart['questions']}"],
        ["texts embedded again", str(restart["embedded_again"])],
        ["`kill -9` during an import", f"{len(kills)} times"],
        ["acknowledged entries lost", str(sum(trial["lost"] for trial in kills))],
    ]
    return [_title(result), table(["", "measured"], rows)]


def _title(result: Mapping[str, Any]) -> str:
    data, run = result["data"], result["run"]
    identity = result["model"]["identity"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    return (
        f"**{result['set']}**: {data['entries']:,} entries, {data['questions']:,} questions "
        f"({data['with_gold']:,} with an answer), {data['namespaces']} namespaces. "
        f"{identity['name'] if identity else 'no model'}, {run['machine']['cpu']}, "
        f"{run['machine']['cores']} cores, {run['at'][:10]}, seed {run['seed']}, commit {commit}."
    )


def _headings(measures: Mapping[str, Any]) -> list[str]:
    return [_HEADINGS[name] for name in measures]


def _bounds(value: Mapping[str, float]) -> str:
    return f"{_percent(value['mean'])} ({_percent(value['low'])} to {_percent(value['high'])})"


def _all_bounds(measures: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [_bounds(value) for value in measures.values()]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
