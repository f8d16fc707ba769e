"""Late vectors: what waits is embedded in the background, again and again if need be."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from memory_service.engine.background import Background
from memory_service.engine.late import LateVectors
from memory_service.engine.model_use import ModelUse
from memory_service.engine.requests import EmbedMode, ModelState, ModelStatus
from memory_service.errors import UnavailableError
from memory_service.model.read import ChangeKind
from memory_service.model.write import DropNamespace
from tests.support.builders import a_draft, a_write
from tests.support.engines import Bench, a_bench
from tests.support.faults import BusyEmbedder
from tests.support.ranking import engine_options

if TYPE_CHECKING:
    from memory_service.embedding.hashing import HashingEmbedder


def late_of(bench: Bench, **options: float) -> LateVectors:
    """The worker, to be driven by hand."""
    status = ModelStatus(identity=None, source="test", state=ModelState.READY, detail="")
    return LateVectors(
        backend=bench.backend,
        model=ModelUse(bench.embedder, status, on_recovery=lambda: None),
        options=engine_options(embed_batch=4, **options),
        clock=bench.clock,
    )


def waiting(bench: Bench, count: int, namespace: str = "ns") -> None:
    drafts = [a_draft(f"{number}", f"text {number}") for number in range(count)]
    bench.remember(*drafts, namespace=namespace, embed=EmbedMode.ASYNC)


def test_what_waits_is_embedded_in_batches_until_nothing_does() -> None:
    bench = a_bench()
    waiting(bench, 10)
    late = late_of(bench)

    rounds = [late.run_once() for _ in range(4)]

    assert rounds == [0.0, 0.0, 0.0, None]
    assert [len(call) for call in bench.embedder.calls] == [4, 4, 2]
    assert bench.backend.status().pending == 0
    assert bench.ask("text 7").degraded == ()


def test_a_late_vector_is_a_change_of_its_own_and_the_same_as_an_early_one() -> None:
    early, late = a_bench(), a_bench()
    early.remember(a_draft("0", "text 0"))
    waiting(late, 1)

    late_of(late).run_once()

    kinds = [change.kind for change in late.backend.changes(0, 10)]
    assert kinds == [ChangeKind.PUT, ChangeKind.VECTORS]
    hits = [bench.ask("some text").nearest + bench.ask("text 0").hits for bench in (early, late)]
    assert [hit.legs for hit in hits[0]] == [hit.legs for hit in hits[1]]


def test_entries_of_several_namespaces_share_a_batch() -> None:
    bench = a_bench()
    waiting(bench, 2, "one")
    waiting(bench, 2, "two")

    late_of(bench).run_once()

    assert bench.backend.status().pending == 0


def test_an_entry_changed_during_the_pass_waits_for_its_own_vector() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    waiting(bench, 1)
    late = late_of(bench)
    bench.embedder.meanwhile = lambda: bench.engine.forget("ns", "0")

    assert late.run_once() is None
    assert late.run_once() is None
    assert bench.backend.status().pending == 0


def test_a_batch_that_changed_whole_during_the_pass_does_not_hold_up_the_rest() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    waiting(bench, 6)
    late = late_of(bench)
    bench.embedder.meanwhile = lambda: [bench.engine.forget("ns", f"{n}") for n in range(4)]

    rounds = [late.run_once() for _ in range(3)]

    assert rounds == [0.0, 0.0, None]
    assert bench.backend.status().pending == 0
    assert bench.ask("text 5").degraded == ()


def test_a_namespace_dropped_during_the_pass_is_no_failure() -> None:
    bench = a_bench(wrap=BusyEmbedder)
    assert isinstance(bench.embedder, BusyEmbedder)
    waiting(bench, 1)
    bench.embedder.meanwhile = lambda: bench.backend.apply(a_write(DropNamespace()))

    assert late_of(bench).run_once() is None


def test_failures_are_tried_again_ever_later_and_success_starts_over() -> None:
    bench = a_bench()
    waiting(bench, 1)
    late = late_of(bench, retry_seconds=1.0, retry_seconds_most=6.0)
    bench.embedder.broken = True

    with pytest.raises(UnavailableError):
        late.run_once()
    waits = [late.failed() for _ in range(5)]
    bench.embedder.broken = False
    late.run_once()

    assert waits == [1.0, 2.0, 4.0, 6.0, 6.0]
    assert late.failed() == 1.0


def test_after_recovery_everything_that_waited_gets_its_vector() -> None:
    """End to end in real threads; the model breaks, writes go on, the model is repaired."""
    bench = a_bench()
    bench.embedder.broken = True
    bench.remember(a_draft("a", "comet"), a_draft("b", "quasar"))
    embedded = threading.Event()
    loop = Background(
        late_of(bench),
        wait=lambda woken, _: _note(bench, embedded) or woken.wait(),
    )
    loop.start()

    bench.embedder.broken = False
    loop.wake()

    assert embedded.wait(timeout=60)
    loop.stop()
    assert loop.error == ""


def _note(bench: Bench, embedded: threading.Event) -> bool:
    """Say so once nothing waits any more; called whenever the loop comes to rest."""
    if not bench.backend.status().pending:
        embedded.set()
    return False


def test_the_engine_embeds_asynchronous_writes_once_it_is_started() -> None:
    bench = a_bench(wrap=_Counting)
    assert isinstance(bench.embedder, _Counting)
    bench.engine.start()

    bench.remember(a_draft("a", "comet"), embed=EmbedMode.ASYNC)

    assert bench.embedder.asked.wait(timeout=60)
    bench.engine.close()
    assert bench.backend.status().pending == 0


class _Counting(BusyEmbedder):
    """Says when it was first asked."""

    def __init__(self, inner: HashingEmbedder) -> None:
        super().__init__(inner)
        self.asked = threading.Event()
        self.meanwhile = self.asked.set


def test_a_failure_in_the_background_shows_in_the_status() -> None:
    bench = a_bench()
    bench.embedder.broken = True
    bench.remember(a_draft("a", "comet"))

    status = bench.engine.status()

    assert (status.model.state, status.model.detail) == (ModelState.FAILING, "broken by the test")
    assert status.pending == 1
