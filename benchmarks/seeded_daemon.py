"""A real daemon whose vectors are seeded: see `seeded_embedder`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.daemon import Daemon, running_daemon
from benchmarks.seeded_embedder import read_forward_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

_LOG = "forward.log"


def running_seeded_daemon(
    folder: Path,
    *,
    model: str,
    dimensions: int,
    seed: int,
    settings: Mapping[str, str] | None = None,
) -> AbstractContextManager[Daemon]:
    """A daemon over *folder* whose vectors are seeded; as `running_daemon` otherwise.

    *model* takes the time of a forward pass.
    """
    command = ["benchmarks.seeded_serve", "--log", str(folder / _LOG)]
    command += ["--dimensions", str(dimensions), "--seed", str(seed)]
    return running_daemon(folder, model=model, command=command, settings=settings)


def forward_passes(folder: Path) -> Mapping[int, float]:
    """Milliseconds of the forward passes of the daemon over *folder*, by `text_number`."""
    return read_forward_log(folder / _LOG)
