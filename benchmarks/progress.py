"""Progress bars that vanish when done; silent when the output is no terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Where progress is shown, so that what a command prints can be piped.
STDERR = Console(stderr=True)


@contextmanager
def progress(
    label: str, total: int, *, console: Console = STDERR, keep: bool = False
) -> Iterator[Callable[[int], None]]:
    """Show a bar over *total* steps; gives the function that takes it further by some steps.

    With *keep* the finished bar stays on the screen.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    silent = not (keep or console.is_terminal)
    with Progress(*columns, console=console, transient=not keep, disable=silent) as bars:
        task = bars.add_task(label, total=total)
        yield lambda steps: bars.advance(task, steps)
