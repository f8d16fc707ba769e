from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.command_line import CommandLine
from tests.support.daemon_app import a_service, an_engine, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from memory_service.engine.engine import MemoryEngine


@pytest.fixture(scope="module")
def engine() -> Iterator[MemoryEngine]:
    engine = an_engine(ManualClock())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def app(engine: MemoryEngine) -> Iterator[TestClient]:
    with serving(a_service(engine)) as app:
        yield app


@pytest.fixture
def offline(tmp_path: Path) -> CommandLine:
    """The command line without a daemon."""
    return CommandLine(environ={"HOME": str(tmp_path)})


@pytest.fixture
def cli(engine: MemoryEngine, app: TestClient, tmp_path: Path) -> Iterator[CommandLine]:
    """The command line over an empty daemon in this process."""
    yield CommandLine(environ={"HOME": str(tmp_path)}, app=app)
    for namespace in engine.namespaces():
        engine.drop_namespace(namespace.name)
