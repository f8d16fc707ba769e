"""Every backend in its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.dict_backend import DictBackend
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.protocols import Backend


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["dict", "local"])
def backend(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Backend]:
    opened: Backend = (
        DictBackend(clock=clock) if request.param == "dict" else open_local(tmp_path, clock=clock)
    )
    yield opened
    opened.close()
