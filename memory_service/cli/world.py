"""What commands touch, handed in by `main` and by tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from agent_client import MemoryClient
    from memory_service.cli.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Which daemon a command asks, as far as the caller said."""

    url: str | None
    key_file: Path | None
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside of a command.

    `out` takes what was asked for, `err` everything else: progress, warnings, questions.
    """

    environ: Mapping[str, str]
    stdin: BinaryIO
    out: Console
    err: Console
    connect: Callable[[Address], MemoryClient]
    run: Runner
    clock: Callable[[], datetime]

    @property
    def debug(self) -> bool:
        """Whether errors come with their traceback."""
        return self.environ.get("MEMORY_SERVICE_LOG_LEVEL", "").lower() == "debug"


def world_of(context: typer.Context) -> World:
    """The world this command was started with."""
    world = context.obj
    if not isinstance(world, World):
        raise TypeError(world)
    return world
