"""A service to talk to."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn

from memory_service.api import server
from memory_service.api.access import AccessPolicy
from memory_service.api.application import build_application
from tests.support.clock import ManualClock
from tests.support.daemon_app import KEY, a_service, an_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI


@contextmanager
def accepting(app: FastAPI, held: server.Socket) -> Iterator[None]:
    """Serve *app* until the block ends; connections made before it starts wait in the backlog."""
    server.listen(held)
    runner = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [held]})
    thread.start()
    try:
        yield
    finally:
        runner.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of the real application on a backend of dicts; it starts empty."""
    held = server.bind("127.0.0.1", 0)
    port = held.getsockname()[1]
    engine = an_engine(ManualClock())
    service = a_service(engine)
    policy = AccessPolicy.local(host="127.0.0.1", port=port, key=KEY)
    with accepting(build_application(service, policy, new_id=lambda: "request"), held):
        yield f"http://127.0.0.1:{port}"
    service.lanes.close()
    engine.close()
    held.close()
