"""The report: tables between markers, from result files alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import benchmarks
from benchmarks.report import main, with_tables
from benchmarks.results import RESULTS, read_results, write_result

_PAGE = """# Figures

<!-- results: latency -->
old
<!-- end -->

Between.

<!-- results: quality -->
<!-- end -->
"""


def _latency() -> dict[str, Any]:
    row = {"median": 10.04, "p95": 20.0, "p99": 30.0}
    return {
        "benchmark": "latency",
        "set": "tiny",
        "run": {
            "at": "2024-05-01T10:00:00+00:00",
            "seed": 3,
            "machine": {"cpu": "Some CPU", "cores": 2},
            "code": {"commit": "0123456789abcdef", "dirty": True},
        },
        "model": {"identity": {"name": "hashing"}},
        "data": {"entries": 1234, "questions": 5, "with_gold": 4, "namespaces": 1},
        "recalls": 5,
        "milliseconds": {"recall over HTTP": row},
        "beyond_forward_median": 1.96,
    }


def test_tables_replace_what_stands_between_markers() -> None:
    text = with_tables(_PAGE, [_latency()])

    assert "old" not in text
    assert "| recall over HTTP | 10.0 | 20.0 | 30.0 |" in text
    assert "2.0 ms beyond" in text
    assert "Between." in text
    assert "Not measured yet." in text


def test_writing_a_report_twice_changes_nothing_more(tmp_path: Path) -> None:
    page, results = tmp_path / "README.md", tmp_path / "results"
    page.write_text(_PAGE, encoding="utf-8")
    write_result(results / "latency-tiny.json", _latency())

    main(["--readme", str(page), "--results", str(results)])
    once = page.read_text(encoding="utf-8")
    main(["--readme", str(page), "--results", str(results)])

    assert once == page.read_text(encoding="utf-8") != _PAGE


def test_a_result_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_result(tmp_path / "latency-tiny.json", _latency())

    assert read_results(tmp_path) == [_latency()]


def test_figures_are_kept_to_four_places(tmp_path: Path) -> None:
    write_result(tmp_path / "a.json", {"shares": [1 / 3], "bounds": {"low": 2 / 3}})

    assert read_results(tmp_path) == [{"shares": [0.3333], "bounds": {"low": 0.6667}}]


def test_the_page_shows_the_results_in_the_repository() -> None:
    """Otherwise `make bench-report` was forgotten."""
    page = Path(benchmarks.__path__[0], "README.md").read_text(encoding="utf-8")

    assert page == with_tables(page, read_results(RESULTS))
