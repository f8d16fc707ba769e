"""The tables of `bench-ingest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import must_table
from benchmarks.tables import table, title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ingest_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Import against the model alone, restart, and kills during an import."""
    return "\n\n".join(part for result in results for part in _ingest(result))


def _ingest(result: Mapping[str, Any]) -> list[str]:
    imported, restart, kills = result["import"], result["restart"], result["kills"]
    rows = [
        ["import through the client", f"{imported['entries_per_second']:.0f} entries/s"],
        *_rates(imported),
        ["ready again after a restart", f"{restart['seconds']:.1f} s"],
        ["same answers after it", f"{restart['same']} of {restart['questions']}"],
        ["texts embedded again", str(restart["embedded_again"])],
        ["`kill -9` during an import", f"{len(kills)} times"],
        ["acknowledged entries lost", str(sum(trial["lost"] for trial in kills))],
    ]
    musts = must_table(result.get("musts", []))
    return [part for part in (title(result), table(["", "measured"], rows), musts) if part]


def _rates(imported: Mapping[str, float]) -> list[list[str]]:
    """The rates of the import route and of models alone."""
    labels = {
        "stream_entries_per_second": "import by the import route",
        "model_entries_per_second": "the model alone, same texts",
        "stock_entries_per_second": "stock sentence-transformers, same texts",
    }
    return [[label, f"{imported[name]:.0f} entries/s"] for name, label in labels.items()]
