"""Update: the fields named are changed, on top of whatever was written meanwhile."""

from __future__ import annotations

import pytest

from memory_service.engine.requests import UpdateRequest
from memory_service.errors import (
    BlankTextError,
    EntryNotFoundError,
    InvalidInputError,
    VersionConflictError,
)
from memory_service.model.write import OutcomeStatus
from tests.support.builders import a_draft
from tests.support.engines import a_bench, an_update
from tests.support.faults import BusyEmbedder


def test_an_update_changes_the_fields_named_and_embeds_the_new_text() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "old", kind="fact"))
    bench.embedder.calls.clear()

    receipt = bench.engine.update(an_update(text="new", tags=["x"]))

    entry = bench.engine.get("ns", "a")
    assert receipt.outcomes[0].status is OutcomeStatus.UPDATED
    assert entry.draft == a_draft("a", "new", kind="fact", tags=("x",))
    assert entry.version == 2
    assert bench.embedder.calls == [("new",)]


def test_an_update_that_is_refused_changes_nothing() -> None:
    bench = a_bench()
    bench.remember(a_draft("a", "old"))

    for changes in ({"text": None}, {"text": " "}):
        with pytest.raises(BlankTextError):
            bench.engine.update(an_update(**changes))

    assert bench.engine.get("ns", "a").version == 1


def test_an_update_of_nothing_is_not_found() -> None:
    bench = a_bench()
    bench.remember(a_draft("a"))

    with pytest.raises(EntryNotFoundError):
        bench.engine.update(an_update("b", text="new"))


def test_an_overtaken_update_is_made_again_on_top_of_the_other_write() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    bench.remember(a_draft("a", "old"))
    bench.embedder.meanwhile = lambda: bench.engine.update(an_update(kind="fact"))

    bench.engine.update(an_update(text="new"))

    entry = bench.engine.get("ns", "a")
    assert (entry.draft.text, entry.draft.kind, entry.version) == ("new", "fact", 3)


def test_an_update_that_is_overtaken_again_and_again_is_made_all_the_same() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    busy = bench.embedder
    bench.remember(a_draft("a", "old"))
    kinds = iter(range(8))

    def overtake() -> None:
        kind = next(kinds, None)
        if kind is not None:
            busy.meanwhile = None
            bench.engine.update(an_update(kind=f"kind {kind}"))
            busy.meanwhile = overtake

    busy.meanwhile = overtake

    bench.engine.update(an_update(text="new"))

    entry = bench.engine.get("ns", "a")
    assert (entry.draft.text, entry.draft.kind, entry.version) == ("new", "kind 7", 10)


def test_an_update_with_a_version_is_not_made_on_top_of_another_write() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    bench.remember(a_draft("a", "old"))
    bench.embedder.meanwhile = lambda: bench.engine.update(an_update(kind="fact"))
    request = UpdateRequest(namespace="ns", id="a", changes={"text": "new"}, if_version=1)

    with pytest.raises(VersionConflictError):
        bench.engine.update(request)
    with pytest.raises(VersionConflictError):
        bench.engine.update(request)

    assert bench.engine.get("ns", "a").draft.text == "old"


def test_a_version_is_for_one_entry() -> None:
    with pytest.raises(InvalidInputError):
        a_bench().remember(a_draft("a"), a_draft("b"), if_version=0)
