"""The HTTP application over a backend of dicts and the hashing embedder, called in process."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from memory_service.api.access import AccessPolicy
from memory_service.api.application import build_application
from memory_service.api.backups import Backups
from memory_service.api.cursors import CursorSigner
from memory_service.api.lanes import Lanes
from memory_service.api.service import Identity, Readiness, Service
from memory_service.embedding.hashing import HashingEmbedder
from memory_service.engine.engine import MemoryEngine
from memory_service.engine.requests import ModelState, ModelStatus
from tests.support.dict_backend import DictBackend
from tests.support.ranking import engine_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clock import ManualClock

KEY = "a-key-of-more-than-thirty-two-characters"
HOST = "127.0.0.1:1933"
ENTRIES = "/v1/namespaces/ns/entries"
RECALL = "/v1/namespaces/ns/recall"


def an_engine(clock: ManualClock) -> MemoryEngine:
    """An engine whose background work does not run."""
    embedder = HashingEmbedder()
    numbers = itertools.count(1)
    return MemoryEngine(
        backend=DictBackend(clock=clock),
        embedder=embedder,
        model=ModelStatus(
            identity=embedder.identity, source="tests", state=ModelState.READY, detail=""
        ),
        floor=None,
        options=engine_options(),
        clock=clock,
        new_id=lambda: f"new-{next(numbers)}",
    )


def a_service(engine: MemoryEngine, *, monotonic: Callable[[], float] = time.monotonic) -> Service:
    """The engine with its lanes."""
    return Service(
        engine=engine,
        lanes=Lanes(),
        cursors=CursorSigner(KEY.encode()),
        identity=Identity(
            version="0",
            node_id="node",
            process_id="process",
            data_folder="/folder",
            started=monotonic(),
        ),
        readiness=Readiness(),
        monotonic=monotonic,
        backups=Backups(monotonic),
    )


@contextmanager
def serving(service: Service) -> Iterator[TestClient]:
    """A client that has the key and names the right host."""
    requests = itertools.count(1)
    policy = AccessPolicy.local(host="127.0.0.1", port=1933, key=KEY)
    app = build_application(service, policy, new_id=lambda: f"request-{next(requests)}")
    headers = {"Authorization": f"Bearer {KEY}"}
    with TestClient(app, base_url=f"http://{HOST}", headers=headers) as client:
        yield client
    service.lanes.close()
    service.backups.stop()
