"""Progress bars: on standard error, and only where somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memory_service.cli.world import World

#: Takes how far it is of the total, and how many entries that were.
Advance = Callable[[int, int], None]


@contextmanager
def progress_bar(world: World, doing: str, *, total: int | None, quiet: bool) -> Iterator[Advance]:
    """A bar over *total* of anything, with the number of entries beside it.

    Nothing is drawn if *quiet* or if standard error is not a terminal.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[entries]:,} entries"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not world.err.is_terminal
    with Progress(*columns, console=world.err, disable=hidden, transient=True) as progress:
        task = progress.add_task(doing, total=total, entries=0)
        yield lambda done, entries: progress.update(task, completed=done, entries=entries)


@contextmanager
def byte_bar(world: World, doing: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar over bytes; takes those done and those in all."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    hidden = quiet or not world.err.is_terminal
    with Progress(*columns, console=world.err, disable=hidden, transient=True) as progress:
        task = progress.add_task(doing, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
