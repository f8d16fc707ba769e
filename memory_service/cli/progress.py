"""Progress bars: on standard error, and only where somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from memory_service.cli.world import World

#: Takes how far it is of the total, and how many things that were.
Advance = Callable[[int, int], None]


@contextmanager
def progress_bar(
    world: World, doing: str, *, total: int | None, quiet: bool, noun: str = "entries"
) -> Iterator[Advance]:
    """A bar over *total* of anything, with the number of entries, or of another *noun*, beside it.

    Nothing is drawn if *quiet* or if standard error is not a terminal.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counted]:,} {task.fields[noun]}"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not world.err.is_terminal
    with Progress(*columns, console=world.err, disable=hidden, transient=True) as progress:
        task = progress.add_task(doing, total=total, counted=0, noun=noun)
        yield lambda done, counted: progress.update(task, completed=done, counted=counted)


class CheckBar:
    """A bar over one check after another, each with its own end.

    Nothing is drawn if *quiet* or if standard error is not a terminal.
    """

    def __init__(self, world: World, *, quiet: bool = False) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        hidden = quiet or not world.err.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=world.err, disable=hidden, transient=True)
        self._task = self._progress.add_task("", total=None)
        self._name = ""

    def __call__(self, name: str, done: int, total: int) -> None:
        """The check *name* has come to *done* of *total*."""
        if name != self._name:
            self._name = name
            self._progress.reset(self._task, description=f"checking: {name}")
        self._progress.update(self._task, completed=done, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class ByteBar:
    """A bar over bytes that appears with the first of them and goes with the last.

    Called with the bytes done and those in all.  Nothing is drawn if *quiet* or if standard
    error is not a terminal.
    """

    def __init__(self, world: World, doing: str, *, quiet: bool = False) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        hidden = quiet or not world.err.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._progress = Progress(*columns, console=world.err, disable=hidden, transient=True)
        self._task = self._progress.add_task(doing, total=None)

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar."""
        self._progress.start()
        self._progress.update(self._task, completed=done, total=total or None)
        if done >= total > 0:
            self._progress.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
