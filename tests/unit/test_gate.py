"""A gate lets many in, or one alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from memory_service.errors import StorageError
from memory_service.store.gate import Gate


def test_nobody_is_alone_while_somebody_is_inside() -> None:
    gate = Gate()

    with gate.entered(), pytest.raises(StorageError), gate.closed(0.0):
        pass

    with gate.closed(0.0):
        pass


def test_who_comes_while_one_is_alone_waits() -> None:
    gate, order = Gate(), list[str]()
    arrived = threading.Event()

    def come() -> None:
        arrived.set()
        with gate.entered():
            order.append("came in")

    with ThreadPoolExecutor(1) as pool:
        with gate.closed(0.0):
            coming = pool.submit(come)
            assert arrived.wait(10)
            order.append("was alone")
        coming.result(10)

    assert order == ["was alone", "came in"]


def test_who_is_inside_may_enter_again_while_somebody_waits_to_be_alone() -> None:
    gate, alone = Gate(), threading.Event()

    def be_alone() -> None:
        with gate.closed(10.0):
            alone.set()

    with ThreadPoolExecutor(1) as pool:
        with gate.entered():
            waiting = pool.submit(be_alone)
            with gate.entered():
                assert not alone.is_set()
        waiting.result(10)

    assert alone.is_set()
