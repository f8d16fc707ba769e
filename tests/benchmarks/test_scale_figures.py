"""What `bench-recall` and `bench-scale` make of what they measured."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.footprint import Memory, on_disk, read_rollup
from benchmarks.growth import growth
from benchmarks.musts import Must, must_lines, must_table
from benchmarks.recall_musts import recall_musts
from benchmarks.scale_musts import idle_musts, scale_musts
from benchmarks.scale_tables import scale_tables

_ROLLUP = """55d0c2a4e000-7ffd5c9f2000 ---p 00000000 00:00 0    [rollup]
Rss:               30000 kB
Pss:               20000 kB
Pss_Anon:          12000 kB
Anonymous:         12000 kB
Swap:                  0 kB
"""


@pytest.mark.parametrize(
    ("measured", "at_least", "holds"),
    [(2.0, False, True), (2.1, False, False), (2.0, True, True), (1.9, True, False)],
)
def test_a_figure_on_its_limit_holds(measured: float, at_least: bool, holds: bool) -> None:
    must = Must(what="it", limit=2.0, measured=measured, at_least=at_least)

    assert must.holds is holds


def test_what_was_not_measured_does_not_hold() -> None:
    assert not Must(what="it", limit=2.0, measured=math.nan).holds


def test_a_must_is_one_line_with_limit_figure_and_verdict() -> None:
    held = Must(what="recall, p50", limit=6.0, measured=4.25, unit="ms")
    missed = Must(what="batch", limit=1.7, measured=1.5, at_least=True)

    assert must_lines([held, missed]).splitlines() == [
        "must recall, p50 ≤ 6 ms, measured 4.25 ms, holds",
        "must batch ≥ 1.7, measured 1.50, misses",
    ]
    assert "| batch | ≥ 1.7 | 1.50 | **misses** |" in must_table([missed.as_json()])


def test_a_power_law_is_found_and_carried_on() -> None:
    found = growth([10, 100, 1_000], [3 * n**0.5 for n in (10, 100, 1_000)])

    assert found.exponent == pytest.approx(0.5)
    assert found.at(10_000) == pytest.approx(300.0)


@pytest.mark.parametrize(
    ("entries", "values"), [([10], [1.0]), ([10, 10], [1.0, 2.0]), ([10, 20], [0.0, 1.0])]
)
def test_growth_needs_two_sizes_and_figures(entries: list[int], values: list[float]) -> None:
    with pytest.raises(ValueError, match="growth needs"):
        growth(entries, values)


def test_what_is_not_anonymous_is_mapped() -> None:
    memory = read_rollup(_ROLLUP)

    assert memory == Memory(anonymous=12_000 * 1024, mapped=18_000 * 1024)
    assert memory.resident == 30_000 * 1024


def test_disk_is_counted_by_folder(tmp_path: Any) -> None:
    (tmp_path / "store" / "deep").mkdir(parents=True)
    (tmp_path / "store" / "deep" / "a").write_bytes(bytes(8_192))
    (tmp_path / "key").write_bytes(b"k")

    sizes = on_disk(tmp_path)

    assert list(sizes) == ["files", "store"]
    assert sizes["store"] >= 8_192 > sizes["files"] > 0


def _recall(entries: int) -> dict[str, Any]:
    beyond = {"median": 5.0, "p95": 8.0, "p99": 40.0}
    return {
        "shape": {"entries": entries},
        "loads": {"open": {"milliseconds": {"beyond the forward pass": beyond}}},
        "bare": {"ratio": 2.5},
        "batch": {"ratio": 1.8},
        "clients": {"ratio": 1.5},
        "writes": {"p99_ratio": 1.2},
        "filters": {"none": {"ratio": 1.0}, "tag, 1 %": {"ratio": 2.5}},
        "found": {"none": 0.99, "tag, 1 %": 0.97},
    }


def test_the_demands_of_a_size_are_made_at_that_size_alone() -> None:
    few, middle, many = (recall_musts(_recall(n)) for n in (6_000, 100_000, 1_000_000))

    assert [must.holds for must in few] == [True, False, True]
    assert [must.holds for must in middle] == [True, False, True, True, False, True]
    assert [must.limit for must in many if must.unit == "ms"] == [10.0, 30.0]
    assert [must.holds for must in many if "filter" in must.what] == [True, False, False]


def test_what_was_left_out_has_no_demand() -> None:
    assert recall_musts({"shape": {"entries": 100_000}, "bare": {}}) == []


def _store(entries: int, ready: float) -> dict[str, Any]:
    row = {"median": 5.0, "p95": 8.0, "p99": 10.0}
    start = {"ready": ready, "first_answer": ready + 0.1}
    return {
        "benchmark": "scale",
        "run": {
            "at": "2024-05-01T10:00:00+00:00",
            "seed": 3,
            "machine": {"cpu": "Some CPU", "cores": 2},
            "code": {"commit": "0123456789abcdef", "dirty": False},
        },
        "model": {"identity": {"name": "seeded", "forward_pass_of": "hashing"}},
        "shape": {"entries": entries, "namespaces": 1, "dimensions": 8, "small": 10},
        "memory_limit": "256MB",
        "texts_given": 0,
        "fill": {"entries_per_second": 5_000.0},
        "disk_bytes_per_entry": 900.0,
        "start": start,
        "start_after_kill": start,
        "in_process": row,
        "recall": {"beyond": row},
        "memory": {"anonymous": entries * 500, "mapped": 5 << 20},
        "anonymous_bytes_per_entry": 480.0,
        "mapped_bytes_per_entry": 800.0,
        "small": {"beside": row, "alone": row, "ratio": 1.3},
    }


def test_a_million_entries_have_demands_and_fewer_have_none() -> None:
    musts = scale_musts(_store(1_000_000, 1.5))

    assert [must.holds for must in musts] == [True, True, True, False]
    assert scale_musts(_store(100_000, 9.0)) == []


def test_growth_is_told_and_marked_as_carried_on() -> None:
    text = scale_tables([_store(100_000, 1.0), _store(10_000, 1.0)])

    flat = next(line for line in text.splitlines() if line.startswith("| start to ready, clean"))
    assert "10,000,000 (extrapolated)" in text
    assert flat.endswith("| flat |")
    assert "| anonymous memory, MiB | 4.77 | 47.7 | 1.00 | 4,768 |" in text


@pytest.mark.parametrize(("dimensions", "demands"), [(384, 1), (768, 1), (64, 0), (None, 0)])
def test_an_idle_daemon_has_a_demand_for_models_that_are_known(
    dimensions: int | None, demands: int
) -> None:
    result = {
        "model": {"identity": {"name": "m", "dimensions": dimensions}},
        "memory": {"anonymous": 100 << 20, "mapped": 100 << 20},
    }

    assert [must.holds for must in idle_musts(result)] == [True] * demands
