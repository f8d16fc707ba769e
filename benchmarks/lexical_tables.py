"""Tables of the lexical leg by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import must_table
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def lexical_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Times beside the peers', filters, building, and what must hold; by size."""
    ordered = sorted(results, key=lambda result: result["data"]["entries"])
    return "\n\n".join(part for result in ordered for part in _one(result))


def _one(result: Mapping[str, Any]) -> list[str]:
    run, data, exact = result["run"], result["data"], result["exact"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    return [
        f"**{data['entries']:,} entries**, {data['queries']} queries of each kind, the best "
        f"{data['depth']}: {run['machine']['cpu']}, {run['machine']['cores']} cores, "
        f"{run['at'][:10]}, seed {run['seed']}, commit {commit}.",
        _engines(result),
        _filters(result),
        f"Ours agrees with brute force in {exact['agreed']} of {exact['compared']} queries, "
        f"filtered ones among them.  {result['bytes_per_entry']['disk']:.0f} bytes per entry on "
        f"disk, {result['bytes_per_entry']['anonymous']:.1f} in anonymous memory; taken up again "
        f"in {result['seconds']['take_up']:.2f} s.",
        must_table(result["musts"]),
    ]


def _engines(result: Mapping[str, Any]) -> str:
    kinds, built = result["milliseconds"], result["seconds"]["build"]
    rows = [
        [
            engine,
            *(
                f"{kinds[kind][engine][name]:.2f}"
                for kind in kinds
                for name in ("median", "p95", "p99")
            ),
            f"{built[engine]:.1f} s",
        ]
        for engine in built
    ]
    figures = [f"{kind} {name}" for kind in kinds for name in ("median", "p95", "p99")]
    return table(["milliseconds", *figures, "built in"], rows)


def _filters(result: Mapping[str, Any]) -> str:
    rows = [
        [label, *(f"{times[kind][name]:.2f}" for kind in times for name in ("median", "p95"))]
        for label, times in result["filters"].items()
    ]
    kinds = next(iter(result["filters"].values()))
    figures = [f"{kind} {name}" for kind in kinds for name in ("median", "p95")]
    return table(["a filter keeps (ours, milliseconds)", *figures], rows)
