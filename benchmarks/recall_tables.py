"""The tables of `bench-recall`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import must_table, shown
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAMES = ("median", "p95", "p99")


def recall_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Each size with its parts, smallest first."""
    ordered = sorted(results, key=lambda result: result["shape"]["entries"])
    return "\n\n".join(part for result in ordered for part in _one(result) if part)


def seeded_title(result: Mapping[str, Any], what: str) -> str:
    """What was measured, on what, with what; and that vectors are drawn, not embedded."""
    run, shape = result["run"], result["shape"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    given = result["texts_given"]
    texts = f"the first {given:,} texts from sets, the others drawn" if given else "texts drawn"
    return (
        f"**{what}**; vectors of {shape['dimensions']} dimensions from a seeded generator with "
        f"clusters, {texts}. Forward passes of the model `{_model(result)}`, "
        f"{run['machine']['cpu']}, {run['machine']['cores']} cores, {run['at'][:10]}, "
        f"seed {run['seed']}, commit {commit}."
    )


def _model(result: Mapping[str, Any]) -> str:
    model: str = result["model"]["identity"]["forward_pass_of"]
    return model


def _one(result: Mapping[str, Any]) -> Iterator[str]:
    yield seeded_title(result, f"{result['shape']['entries']:,} entries in one namespace")
    if "loads" in result:
        yield from _loads(result["loads"])
    if ratios := list(_ratios(result)):
        yield table(["in turns, one run", "one", "other", "ratio"], ratios)
    yield _filters(result)
    yield must_table(result.get("musts", []))


def _loads(loads: Mapping[str, Any]) -> Iterator[str]:
    said = {
        "closed": "one caller, ten hits",
        "as_an_agent_asks": "one caller, every default",
        "open": f"{loads['open']['rate']:g} recalls a second as they come, ten hits",
    }
    for name, label in said.items():
        measured = loads[name]
        rows = [
            [row, *(f"{figures[one]:.2f}" for one in _NAMES)]
            for row, figures in measured["milliseconds"].items()
        ]
        yield table([f"milliseconds; {label} ({measured['recalls']:,})", *_NAMES], rows)


def _ratios(result: Mapping[str, Any]) -> Iterator[list[str]]:
    if bare := result.get("bare"):
        ours, theirs = bare["ours"]["median"], bare["bare"]["median"]
        yield _row("beyond the forward pass; bare application, ms", ours, theirs, bare["ratio"])
    if batch := result.get("batch"):
        ratio = [batch[name] for name in ("one_by_one", "in_one_call", "ratio")]
        yield _row(f"{batch['queries']} calls; one call with all their queries, ms", *ratio)
    if many := result.get("clients"):
        ratio = [many[name] for name in ("together", "alone", "ratio")]
        yield _row(f"recalls a second: {many['clients']} clients; one", *ratio)
    if writes := result.get("writes"):
        ours, theirs = writes["beside_writes"]["p99"], writes["without"]["p99"]
        label = f"p99 beside {writes['writes_per_second']:g} writes a second; without, ms"
        yield _row(label, ours, theirs, writes["p99_ratio"])


def _row(label: str, one: float, other: float, ratio: float) -> list[str]:
    return [label, shown(one), shown(other), f"{ratio:.2f}"]


def _filters(result: Mapping[str, Any]) -> str:
    timed, found = result.get("filters", {}), result.get("found", {})
    rows = []
    for name in timed or found:
        figures = [f"{timed[name][one]:.2f}" for one in (*_NAMES, "ratio")] if timed else [""] * 4
        rows.append([name, *figures, f"{found[name]:.3f}" if found else ""])
    headings = ["beyond the forward pass, ms; filter keeps", *_NAMES, "ratio", "recall_at_10"]
    return table(headings, rows) if rows else ""
