from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.daemon_app import a_service, an_engine, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from memory_service.api.service import Service


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service(clock: ManualClock) -> Iterator[Service]:
    engine = an_engine(clock)
    yield a_service(engine)
    engine.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with serving(service) as client:
        yield client
