"""Ours and its peers in one table: quality beside speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import must_table
from benchmarks.peers_figures import QUALITY
from benchmarks.tables import bounds, table, title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PERCENTILES = ("median", "p95", "p99")
_HEADINGS = (
    "ten best of each",
    *(measure.heading for measure in QUALITY),
    *(f"search: {name}" if name == "median" else name for name in _PERCENTILES),
    *(f"with texts: {name}" if name == "median" else name for name in _PERCENTILES),
    "ready after",
)


def peers_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Each run: every system in a row, what ours must be, and how it was measured."""
    return "\n\n".join(part for result in results for part in _parts(result))


def _parts(result: Mapping[str, Any]) -> list[str]:
    rows = [_row(name, one) for name, one in result["systems"].items()]
    parts = [title(result), table(_HEADINGS, rows), must_table(result["musts"]), _how(result)]
    return [part for part in parts if part]


def _row(name: str, one: Mapping[str, Any]) -> list[str]:
    if one["absent"]:
        return [name, one["absent"], *[""] * (len(_HEADINGS) - 2)]
    versions = " ".join(f"{package} {version}" for package, version in one["versions"].items())
    return [
        f"{name} ({versions})" if versions else name,
        *(bounds(one[measure.name]) for measure in QUALITY),
        *_milliseconds(one["search"]),
        *_milliseconds(one.get("whole")),
        f"{one['prepare_seconds']:.1f} s",
    ]


def _milliseconds(figures: Mapping[str, float] | None) -> list[str]:
    if figures is None:
        return [""] * len(_PERCENTILES)
    return [f"{figures[name]:.2f}" for name in _PERCENTILES]


def _how(result: Mapping[str, Any]) -> str:
    place = "a place for each namespace" if result["apart"] else "one place, filtered by namespace"
    namespaces = result["data"]["namespaces"]
    unsaid = "; ".join(result["unsaid"])
    return (
        f"{result['asked']:,} questions, {result['turn']} to a system at a time, all in one run; "
        f"milliseconds, the questions' vectors given. "
        + (f"Peers keep the namespaces in {place}. " if namespaces > 1 else "")
        + (f"Not measured: {unsaid}." if unsaid else "Every peer was there.")
    )
