"""Write the tables of `benchmarks/README.md` from the result files: `make bench-report`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ablation_tables import ablation_tables
from benchmarks.durability_tables import durability_tables
from benchmarks.embed_tables import embed_tables
from benchmarks.evidence_tables import evidence_tables
from benchmarks.hydration_tables import hydration_tables
from benchmarks.ingest_tables import ingest_tables
from benchmarks.lexical_tables import lexical_tables
from benchmarks.peers_tables import peers_tables
from benchmarks.quality_tables import quality_page
from benchmarks.recall_tables import recall_tables
from benchmarks.results import RESULTS, read_results
from benchmarks.scale_tables import scale_tables
from benchmarks.tables import latency_tables
from benchmarks.trial_tables import trial_tables
from benchmarks.vector_tables import vector_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_README = Path(__file__).parent / "README.md"
_TABLES: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], str]] = {
    "quality": quality_page,
    "ablation": ablation_tables,
    "evidence": evidence_tables,
    "embed": embed_tables,
    "latency": latency_tables,
    "hydration": hydration_tables,
    "lexical": lexical_tables,
    "vector": vector_tables,
    "recall": recall_tables,
    "scale": scale_tables,
    "ingest": ingest_tables,
    "trials": trial_tables,
    "durability": durability_tables,
    "peers": peers_tables,
}


def with_tables(text: str, results: Sequence[Mapping[str, Any]]) -> str:
    """The text with the tables of these results between its markers.

    A marker pair is `<!-- results: quality -->` and `<!-- end -->`.  What stands between them is
    replaced, so the same results give the same text again.
    """

    def fill(found: re.Match[str]) -> str:
        benchmark = found.group("benchmark")
        chosen = [result for result in results if result["benchmark"] == benchmark]
        tables = _TABLES[benchmark](chosen) or "Not measured yet."
        return f"{found.group('start')}\n{tables}\n{found.group('end')}"

    return _pattern().sub(fill, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables into the page."""
    parser = argparse.ArgumentParser(prog="bench-report", description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results are")
    parser.add_argument("--readme", type=Path, default=_README, help="the page to write")
    options = parser.parse_args(arguments)
    page = options.readme.read_text(encoding="utf-8")
    options.readme.write_text(with_tables(page, read_results(options.results)), encoding="utf-8")
    return 0


def _pattern() -> re.Pattern[str]:
    names = "|".join(_TABLES)
    return re.compile(
        rf"(?P<start><!-- results: (?P<benchmark>{names}) -->)\n.*?(?P<end><!-- end -->)", re.DOTALL
    )


if __name__ == "__main__":
    sys.exit(main())
