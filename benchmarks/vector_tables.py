"""Tables of the vector leg by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import must_table
from benchmarks.tables import percent, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TIMES = ("median", "p95", "p99", "core")
_MEGABYTE = 1e6


def vector_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Times and recall beside plain FAISS, filters, the bad cases, and what must hold; by size."""
    ordered = sorted(results, key=lambda one: (one["data"]["dimensions"], one["data"]["entries"]))
    return "\n\n".join(part for result in ordered for part in _one(result) if part)


def _one(result: Mapping[str, Any]) -> list[str]:
    run, data = result["run"], result["data"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    return [
        f"**{data['entries']:,} vectors of {data['dimensions']} dimensions**, the best "
        f"{data['depth']} of each query: {run['machine']['cpu']}, {run['machine']['cores']} cores, "
        f"{run['at'][:10]}, seed {run['seed']}, commit {commit}.",
        _engines(result),
        _cases(result),
        _sentences(result),
        _real(result.get("real")),
        must_table(result["musts"]),
    ]


def _engines(result: Mapping[str, Any]) -> str:
    built = result["seconds"]["build"]
    rows = [
        [name, *_figures(taken), percent(taken["recall"]), f"{built[name]:.1f} s"]
        for name, taken in result["milliseconds"].items()
    ]
    return table(["milliseconds", *_TIMES, "recall_at_10", "built in"], rows)


def _cases(result: Mapping[str, Any]) -> str:
    """Under filters, while growing, once forgotten, beside others."""
    recalled = {
        **{f"a filter keeps {name}": taken for name, taken in result["filters"].items()},
        "9 of 10 forgotten, before upkeep": result["forgotten"]["before"],
        "9 of 10 forgotten, after upkeep": result["forgotten"]["after"],
    }
    others = {
        "with as many unsealed as may be": result["growing"],
        "1,000 in a namespace, alone": result["small"]["alone"],
        "1,000 in a namespace, among these": result["small"]["among"],
        "300 candidates scored": result["scoring"]["candidates"],
        "256 of the background scored": result["scoring"]["background"],
    }
    rows = [
        *([name, *_figures(taken), percent(taken["recall"])] for name, taken in recalled.items()),
        *([name, *_figures(taken), ""] for name, taken in others.items()),
    ]
    return table(["milliseconds", *_TIMES, "recall_at_10"], rows)


def _sentences(result: Mapping[str, Any]) -> str:
    restart, entries = result["restart"], result["data"]["entries"]
    seconds, size = restart["seconds"], restart["bytes"]
    parts = [
        f"recall_at_{result['data']['depth']} {percent(result['recall_at_depth'])} %.",
        f"Saved in {result['seconds']['save']:.2f} s; taken up again in {seconds['take_up']:.2f} s,"
        f" the index loaded in {seconds['load']:.2f} s, the first search after it "
        f"{1_000 * seconds['first_search']:.0f} ms.",
        f"{size['anonymous'] / entries:.0f} bytes per entry in anonymous memory, "
        f"{size['mapped'] / entries:.0f} mapped.",
        f"Those sealed in {result['growing']['seal_seconds']:.2f} s.",
    ]
    tiny = result.get("tiny")
    if tiny:
        parts.append(
            f"{tiny['namespaces']:,} namespaces of {tiny['entries']}, opened in turn: "
            f"{1e6 * tiny['seconds']['load'] / tiny['namespaces']:.0f} µs each, the first search "
            f"{1e6 * tiny['seconds']['first_search'] / tiny['namespaces']:.0f} µs, "
            f"{tiny['bytes']['anonymous'] / _MEGABYTE:.0f} MB together."
        )
    return "  ".join(parts)


def _real(real: Mapping[str, Any] | None) -> str:
    if real is None:
        return ""
    rows = [
        [
            f"{real['entries']:,} real texts, {name}",
            percent(found["recall"]),
            percent(found["recall_at_depth"]),
            f"{found['median']:.2f}",
        ]
        for name, found in real["kinds"].items()
    ]
    return table(["codes in", "recall_at_10", "recall_at_100", "median, ms"], rows)


def _figures(taken: Mapping[str, float]) -> list[str]:
    return [f"{taken[name]:.2f}" for name in _TIMES]
