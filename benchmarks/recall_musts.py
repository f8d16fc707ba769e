"""What `bench-recall` must show, as far as a result says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import Must

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Milliseconds beyond the forward pass at the median and the 99th percentile, by entries.
_BEYOND = {100_000: (6.0, 18.0), 1_000_000: (10.0, 30.0)}
_LARGE = 1_000_000
_MIDDLE = 100_000


def recall_musts(result: Mapping[str, Any]) -> list[Must]:
    """The demands on what was measured; those for a size only at that size."""
    entries = result["shape"]["entries"]
    return [
        *_beyond(result, entries),
        *_against_bare(result, entries),
        *_ratios(result),
        *_under_filters(result, entries),
    ]


def _beyond(result: Mapping[str, Any], entries: int) -> Iterator[Must]:
    if "loads" not in result or entries not in _BEYOND:
        return
    figures = result["loads"]["open"]["milliseconds"]["beyond the forward pass"]
    for name, limit in zip(("median", "p99"), _BEYOND[entries], strict=True):
        what = f"recall over HTTP beyond the forward pass, {name}, {entries:,} entries"
        yield Must(what=what, limit=limit, measured=figures[name], unit="ms")


def _against_bare(result: Mapping[str, Any], entries: int) -> Iterator[Must]:
    if result.get("bare") and entries == _MIDDLE:
        what = f"the same against FastAPI, FAISS HNSW16 and bm25s alone, {entries:,} entries"
        yield Must(what=what, limit=3.0, measured=result["bare"]["ratio"])


def _ratios(result: Mapping[str, Any]) -> Iterator[Must]:
    if "batch" in result:
        what = "32 calls against 32 queries in one call"
        yield Must(what=what, limit=1.7, measured=result["batch"]["ratio"], at_least=True)
    if "clients" in result:
        what = "recalls a second of 8 clients against one"
        yield Must(what=what, limit=1.6, measured=result["clients"]["ratio"], at_least=True)
    if "writes" in result:
        what = "recall's p99 beside 50 writes a second against without"
        yield Must(what=what, limit=1.5, measured=result["writes"]["p99_ratio"])


def _under_filters(result: Mapping[str, Any], entries: int) -> Iterator[Must]:
    if entries != _LARGE:
        return
    for name, share in result.get("found", {}).items():
        what = f"recall_at_10 of the dense leg, filter: {name}"
        yield Must(what=what, limit=0.98, measured=share, at_least=True)
    for name, figures in result.get("filters", {}).items():
        if name != "none":
            what = f"median beyond the forward pass against unfiltered, filter: {name}"
            yield Must(what=what, limit=2.0, measured=figures["ratio"])
