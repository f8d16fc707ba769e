"""What `bench-scale` must show, as far as a result says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import Must

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGE = 1_000_000
_MEBI = 1 << 20
#: Most resident MiB of an idle daemon, by the dimensions of its model: MiniLM's and gte-base's.
_IDLE = {384: 350.0, 768: 600.0}


def scale_musts(result: Mapping[str, Any]) -> list[Must]:
    """The demands on a store of a million entries in one namespace; none for others."""
    shape = result["shape"]
    if shape["entries"] != _LARGE or shape["namespaces"] != 1:
        return []
    limit = result["memory_limit"]
    return [
        Must(
            what=f"anonymous memory beyond an empty daemon's, memory_limit {limit}",
            limit=700.0,
            measured=result["anonymous_bytes_per_entry"],
            unit="bytes per entry",
        ),
        Must(
            what="start to ready, clean, without a model",
            limit=2.0,
            measured=result["start"]["ready"],
            unit="s",
        ),
        Must(
            what="start to ready after kill -9, without a model",
            limit=5.0,
            measured=result["start_after_kill"]["ready"],
            unit="s",
        ),
        Must(
            what="a namespace of 1,000 entries beside all others against alone",
            limit=1.2,
            measured=result["small"]["ratio"],
        ),
    ]


def idle_musts(result: Mapping[str, Any]) -> list[Must]:
    """The demand on an idle daemon; none for a model of other dimensions."""
    limit = _IDLE.get(result["model"]["identity"]["dimensions"] or 0)
    held = result["memory"]["anonymous"] + result["memory"]["mapped"]
    if limit is None:
        return []
    what = f"resident memory of an idle daemon with {result['model']['identity']['name']}"
    return [Must(what=what, limit=limit, measured=held / _MEBI, unit="MiB")]
