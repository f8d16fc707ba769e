"""The tables of `bench-scale`: a row for each store, and how figures grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.growth import growth
from benchmarks.musts import must_table, shown
from benchmarks.recall_tables import seeded_title
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MEBI = 1 << 20
_TEN_MILLION = 10_000_000
_HEADINGS = [
    "entries in namespaces",
    "filled, entries/s",
    "in process, ms p50 / p99",
    "beyond the forward pass, ms p50 / p99",
    "anonymous MiB",
    "B per entry",
    "mapped MiB",
    "disk, B per entry",
    "ready, s",
    "first answer, s",
    "ready after kill -9, s",
    "first answer, s",
]
#: What may grow with the entries of one namespace, and where it stands.
_GROWING = {
    "recall in process, p50, ms": ("in_process", "median"),
    "recall beyond the forward pass, p50, ms": ("recall", "beyond", "median"),
    "anonymous memory, MiB": ("memory", "anonymous"),
    "start to ready, clean, s": ("start", "ready"),
    "start to ready after kill -9, s": ("start_after_kill", "ready"),
}
_SIZE = {"anonymous memory, MiB": _MEBI}
#: Below this exponent a figure is called flat.
_FLAT = 0.05


def scale_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """All stores in one table, then growth, `small` beside the others, and an idle daemon."""
    stores = [one for one in results if "shape" in one]
    stores.sort(key=lambda one: (one["shape"]["entries"], one["shape"]["namespaces"]))
    parts = [*_stores(stores), *(_idle(one) for one in results if "shape" not in one)]
    musts = [must for one in results for must in one.get("musts", [])]
    return "\n\n".join(part for part in [*parts, must_table(musts)] if part)


def _stores(stores: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not stores:
        return
    last = stores[-1]
    yield seeded_title(last, f"Stores by size, DuckDB's memory_limit {last['memory_limit']}")
    yield table(_HEADINGS, [_row(one) for one in stores])
    if small := [_small(one) for one in stores if "small" in one]:
        heading = "`small` (1,000 entries), ms beyond the forward pass, p50"
        yield table([heading, "beside", "alone", "ratio"], small)
    yield _growth([one for one in stores if one["shape"]["namespaces"] == 1])


def _row(one: Mapping[str, Any]) -> list[str]:
    shape, memory = one["shape"], one["memory"]
    return [
        f"{shape['entries']:,} in {shape['namespaces']:,}",
        f"{one['fill']['entries_per_second']:,.0f}",
        _middle_and_end(one["in_process"]),
        _middle_and_end(one["recall"]["beyond"]),
        f"{memory['anonymous'] / _MEBI:,.0f}",
        f"{one['anonymous_bytes_per_entry']:,.0f}",
        f"{memory['mapped'] / _MEBI:,.0f}",
        f"{one['disk_bytes_per_entry']:,.0f}",
        f"{one['start']['ready']:.2f}",
        f"{one['start']['first_answer']:.2f}",
        f"{one['start_after_kill']['ready']:.2f}",
        f"{one['start_after_kill']['first_answer']:.2f}",
    ]


def _middle_and_end(figures: Mapping[str, float]) -> str:
    return f"{figures['median']:.1f} / {figures['p99']:.1f}"


def _small(one: Mapping[str, Any]) -> list[str]:
    small = one["small"]
    return [
        f"beside {one['shape']['entries']:,}",
        f"{small['beside']['median']:.2f}",
        f"{small['alone']['median']:.2f}",
        f"{small['ratio']:.2f}",
    ]


def _growth(stores: Sequence[Mapping[str, Any]]) -> str:
    """Exponents over the sizes measured, and what they would give at ten million."""
    if len(stores) < 2:
        return ""
    entries = [one["shape"]["entries"] for one in stores]
    rows = []
    for label, path in _GROWING.items():
        values = [_at(one, path) / _SIZE.get(label, 1) for one in stores]
        fitted = growth(entries, values)
        beyond = "flat" if abs(fitted.exponent) < _FLAT else shown(fitted.at(_TEN_MILLION))
        rows.append([label, *map(shown, values), f"{fitted.exponent:.2f}", beyond])
    sizes = [f"{count:,}" for count in entries]
    headings = ["in one namespace", *sizes, "exponent", "10,000,000 (extrapolated)"]
    return table(headings, rows)


def _at(one: Mapping[str, Any], path: Sequence[str]) -> float:
    value: Any = one
    for name in path:
        value = value[name]
    return float(value)


def _idle(one: Mapping[str, Any]) -> str:
    identity, memory = one["model"]["identity"], one["memory"]
    both = (memory["anonymous"] + memory["mapped"]) / _MEBI
    return (
        f"An idle daemon with {identity['name']} ({identity['dimensions']} dimensions): "
        f"{both:,.0f} MiB resident, {memory['anonymous'] / _MEBI:,.0f} of them anonymous."
    )
