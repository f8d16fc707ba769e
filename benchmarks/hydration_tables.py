"""The tables of `bench-hydration`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FILTERS = ("fresh", "again", "after a write", "as SQL")


def hydration_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Each size with its three tables, smallest first."""
    ordered = sorted(results, key=lambda result: result["shape"]["entries"])
    return "\n\n".join(part for result in ordered for part in _one(result))


def _one(result: Mapping[str, Any]) -> Iterator[str]:
    run, entries = result["run"], result["shape"]["entries"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    yield (
        f"**{entries:,} entries in one namespace**, drawn; {run['machine']['cpu']}, "
        f"{run['machine']['cores']} cores, {run['at'][:10]}, seed {run['seed']}, commit {commit}."
    )
    yield table(
        ["entries fetched, ms p50 / p99", "from records", "by query", "ratio"],
        [
            [count, *_compared(row["records"], row["query"])]
            for count, row in result["fetch"].items()
        ],
    )
    yield table(
        ["a filter by tag, ms p50 / p99", *_FILTERS],
        [
            [f"keeps a {tag}", *(_spread(row[name]) for name in _FILTERS)]
            for tag, row in result["filters"].items()
        ],
    )
    yield table(
        ["first filter by", "ms"],
        [[f"`{name}`", f"{first:.0f}"] for name, first in result["first_use"].items()],
    )


def _compared(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    return [_spread(one), _spread(other), f"{other['median'] / one['median']:.0f}"]


def _spread(row: Mapping[str, float]) -> str:
    return f"{row['median']:.2f} / {row['p99']:.2f}"
