"""A local backend answers like dicts, whatever is done to it and however often it restarts."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.errors import MemoryServiceError
from memory_service.model.entry import EntryDraft
from memory_service.model.history import Keeping
from memory_service.model.write import (
    AddVectors,
    ConfigureNamespace,
    DropNamespace,
    Forget,
    ForgetReason,
    Idempotency,
    Operation,
    Put,
    Receipt,
    Restore,
    WriteRequest,
)
from tests.properties.strategies import FILTERS, FORGETS, TEXTS, puts
from tests.support.builders import a_write, passages_of
from tests.support.clock import ManualClock
from tests.support.dict_backend import DictBackend
from tests.support.stores import assert_same_legs, assert_same_past, assert_same_state, open_local
from tests.support.verified import assert_verified

if TYPE_CHECKING:
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf
    from memory_service.protocols import Backend

NAMESPACES = st.sampled_from(["ns", "other"])
#: Little of the past is kept, so that a short story goes beyond it.
KEEPING = Keeping(versions=2, undo_hours=2.0)
#: Housekeeping is due at once, and few matches are kept.
EAGER = LocalOptions(
    merge_dead=1, settled_postings=40, save_changes=1, seal_changes=1, keeping=KEEPING
)


class BackendMachine(RuleBasedStateMachine):
    """Does the same to a local backend and to a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.folder = Path(tempfile.mkdtemp())
        self.oracle = DictBackend(clock=self.clock, keeping=KEEPING)
        self.kept = b""
        self.local = self._opened()

    def _opened(self) -> LocalBackend:
        return open_local(self.folder, options=EAGER, clock=self.clock)

    def _both(self, request: WriteRequest) -> Receipt | str:
        wanted, found = _outcome(self.oracle, request), _outcome(self.local, request)
        assert found == wanted
        return wanted

    def _write(self, namespace: str, *operations: Operation) -> None:
        self._both(a_write(*operations, namespace=namespace, now=self.clock()))

    @initialize(put=puts())
    def begin(self, put: Put) -> None:
        self._write("ns", put)

    @rule(namespace=NAMESPACES, operations=st.lists(puts() | FORGETS, min_size=1, max_size=4))
    def write(self, namespace: str, operations: list[Operation]) -> None:
        self._write(namespace, *operations)

    @rule(operations=st.lists(puts(), min_size=1, max_size=3))
    def write_all_or_nothing(self, operations: list[Operation]) -> None:
        request = a_write(*operations, now=self.clock())
        self._both(replace(request, atomic=True))

    @rule(put=puts(), key=st.sampled_from(["k1", "k2"]), body=st.sampled_from([b"1", b"2"]))
    def write_with_a_key(self, put: Put, key: str, body: bytes) -> None:
        known = Idempotency(key=key, body_digest=body)
        self._both(a_write(put, now=self.clock(), idempotency=known))

    @rule(data=st.data(), text=TEXTS)
    def update(self, data: st.DataObject, text: str) -> None:
        """Change the text of an entry that is there, as a caller who read it would."""
        drafts = [kept.entry for kept in self.oracle._all()]
        if drafts:
            entry = data.draw(st.sampled_from(drafts))
            draft: EntryDraft = replace(entry.draft, text=text)
            put = Put(draft=draft, passages=passages_of(draft, 9), if_version=entry.version)
            self._write(entry.namespace, put)

    @rule(seed=st.integers(1, 5))
    def bring_late_vectors(self, seed: int) -> None:
        for waiting in self.oracle.pending(2):
            passages = passages_of(EntryDraft(id="x", text=waiting.key.body), seed)
            self._write(waiting.namespace, AddVectors(ordinal=waiting.ordinal, passages=passages))

    @rule(hours=st.sampled_from([0.5, 1.0, 25.0]))
    def let_time_pass(self, hours: float) -> None:
        self.clock.advance(hours=hours)

    @precondition(lambda self: self.oracle.namespaces())
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """What can be, or an id that may stand for anything."""
        name = data.draw(st.sampled_from([one.name for one in self.oracle.namespaces()]))
        undoable = self.oracle.forgotten(name, None, now=self.clock())
        self._write(name, Restore(id=data.draw(st.sampled_from([*undoable, "a", "nobody"]))))

    @precondition(lambda self: self.oracle.namespaces())
    @rule(data=st.data(), filter=st.none() | FILTERS)
    def look_back(self, data: st.DataObject, filter: Filter | None) -> None:
        changes = self.oracle.changes(0, 10_000)
        then = data.draw(st.sampled_from(changes))
        as_of: AsOf = then.position if data.draw(st.booleans()) else then.at
        assert_same_past(self.local, self.oracle, now=self.clock(), as_of=as_of, filter=filter)

    @rule()
    def sweep(self) -> None:
        for namespace, id in self.oracle.expired(self.clock(), 3):
            self._write(namespace, Forget(id=id, reason=ForgetReason.EXPIRED))

    @rule(namespace=NAMESPACES, language=st.sampled_from(["english", "german", "klingon"]))
    def configure(self, namespace: str, language: str) -> None:
        self._write(namespace, ConfigureNamespace(settings={"language": language}))

    @rule(namespace=NAMESPACES, days=st.sampled_from(['{"note": 0.05}', '{ "note":2 }', "{}"]))
    def configure_expiry(self, namespace: str, days: str) -> None:
        self._write(namespace, ConfigureNamespace(settings={"expiry_days": days}))

    @rule()
    def drop(self) -> None:
        self._write("other", DropNamespace())

    @rule()
    def maintain(self) -> None:
        self.local.maintain()

    @rule(lose=st.sampled_from(["nothing", "indexes", "catalogue"]))
    def restart(self, lose: str) -> None:
        self.local.close()
        if lose == "indexes":
            shutil.rmtree(self.folder / "index", ignore_errors=True)
        if lose == "catalogue":
            shutil.rmtree(self.folder / "index" / "catalogue", ignore_errors=True)
        self.local = self._opened()

    @rule()
    def keep_the_catalogue(self) -> None:
        """Its file, for a restart later on."""
        file = self.folder / "index" / "catalogue" / "sealed"
        if file.exists():
            self.kept = file.read_bytes()

    @precondition(lambda self: self.kept)
    @rule()
    def restart_with_an_older_catalogue(self) -> None:
        self.local.close()
        file = self.folder / "index" / "catalogue" / "sealed"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.kept)
        self.local = self._opened()

    @rule()
    def end_without_a_close(self) -> None:
        """Go on with the files as they are at this moment."""
        left = Path(tempfile.mkdtemp())
        shutil.copytree(self.folder, left, dirs_exist_ok=True)
        self.local.close()
        shutil.rmtree(self.folder)
        self.folder = left
        self.local = self._opened()

    @precondition(lambda self: self.oracle.namespaces())
    @rule(texts=st.lists(TEXTS, min_size=1, max_size=2), filter=st.none() | FILTERS)
    def search(self, texts: list[str], filter: Filter | None) -> None:
        for summary in self.oracle.namespaces():
            assert_same_legs(
                self.local,
                self.oracle,
                summary.name,
                now=self.clock(),
                texts=texts,
                filter=filter,
                depth=2,
            )

    @invariant()
    def the_state_is_the_same(self) -> None:
        assert_same_state(self.local, self.oracle, now=self.clock())

    def teardown(self) -> None:
        self.local.close()
        assert_verified(self.folder)
        shutil.rmtree(self.folder)


def _outcome(backend: Backend, request: WriteRequest) -> Receipt | str:
    """The receipt without the words meant for people, or the code of the error."""
    try:
        receipt = backend.apply(request)
    except MemoryServiceError as error:
        return error.code
    outcomes = tuple(replace(outcome, error_detail="") for outcome in receipt.outcomes)
    return replace(receipt, outcomes=outcomes)


# No shrinking: it would open hundreds of stores.
BackendMachine.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
test_backend_machine = BackendMachine.TestCase
