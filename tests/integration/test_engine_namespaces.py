"""Namespaces: configured, dropped, and named rightly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from memory_service.engine.requests import UpdateRequest
from memory_service.errors import InvalidInputError, NamespaceNotFoundError
from tests.support.builders import a_draft
from tests.support.engines import EVERYTHING, KEY, a_bench

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_dropped_namespace_is_gone_with_all_it_held() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"), a_draft("b", "two"))
    bench.remember(a_draft("a"), namespace="other")

    report = bench.engine.drop_namespace("ns")

    assert (report.matched, report.forgotten) == (2, 2)
    assert [one.name for one in bench.engine.namespaces()] == ["other"]
    with pytest.raises(NamespaceNotFoundError):
        bench.engine.drop_namespace("ns")


def test_a_drop_repeated_with_its_key_is_a_replay() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"), a_draft("b", "two"))
    first = bench.engine.drop_namespace("ns", idempotency=KEY)

    again = bench.engine.drop_namespace("ns", idempotency=KEY)

    assert (first.forgotten, first.replayed) == (2, False)
    assert again == replace(first, replayed=True)


def test_a_configuration_repeated_with_its_key_is_a_replay() -> None:
    bench = a_bench()
    first = bench.engine.configure_namespace("ns", {"language": "german"}, idempotency=KEY)
    bench.engine.configure_namespace("ns", {"language": "french"})

    again = bench.engine.configure_namespace("ns", {"language": "german"}, idempotency=KEY)

    assert again == replace(first, replayed=True)
    assert bench.engine.namespaces()[0].settings == {"language": "french"}


def test_a_namespace_can_be_configured_before_it_is_written_to() -> None:
    bench = a_bench()

    bench.engine.configure_namespace("ns", {"language": "german"})

    assert bench.engine.namespaces()[0].settings == {"language": "german"}


def test_every_verb_refuses_a_bad_namespace() -> None:
    bench = a_bench()
    calls: list[Callable[[], object]] = [
        lambda: bench.remember(a_draft("a"), namespace="a/b"),
        lambda: bench.engine.update(UpdateRequest(namespace="a/b", id="a", changes={})),
        lambda: bench.engine.forget("a/b", "a"),
        lambda: bench.engine.forget_matching("a/b", EVERYTHING, dry_run=True),
        lambda: bench.engine.get("a/b", "a"),
        lambda: bench.engine.neighbours("a/b", "a", 1),
        lambda: bench.engine.page("a/b", limit=1),
        lambda: bench.engine.sessions("a/b", limit=1),
        lambda: bench.engine.configure_namespace("a/b", {}),
        lambda: bench.engine.drop_namespace("a/b"),
        lambda: bench.ask("x", namespace="a/b"),
    ]

    for call in calls:
        with pytest.raises(InvalidInputError) as refused:
            call()
        assert refused.value.code == "invalid_namespace"
