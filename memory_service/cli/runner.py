"""Running another program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A program that has ended; without `captured`, its output went to the terminal."""

    code: int
    output: str


class Runner(Protocol):
    """Runs programs."""

    def has(self, program: str) -> bool:
        """Whether there is such a program."""
        ...

    def __call__(self, command: Sequence[str], *, capture: bool) -> Finished:
        """Run *command* to its end."""
        ...


class SystemRunner:
    """Runs programs of this machine."""

    def has(self, program: str) -> bool:
        """Whether the program is on the path."""
        return shutil.which(program) is not None

    def __call__(self, command: Sequence[str], *, capture: bool) -> Finished:
        """Run *command* to its end, both its outputs taken together when captured."""
        ended = subprocess.run(  # noqa: S603 (the commands are ours, without a shell)
            list(command),
            check=False,
            text=True,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.STDOUT if capture else None,
        )
        return Finished(code=ended.returncode, output=ended.stdout or "")
