from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.command_line import CommandLine
from tests.support.daemon_app import a_service, an_engine, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def offline(tmp_path: Path) -> CommandLine:
    """The command line without a daemon."""
    return CommandLine(environ={"HOME": str(tmp_path)})


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[CommandLine]:
    """The command line over a daemon in this process."""
    engine = an_engine(ManualClock())
    with serving(a_service(engine)) as app:
        yield CommandLine(environ={"HOME": str(tmp_path)}, app=app)
    engine.close()
