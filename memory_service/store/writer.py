"""The one thread that writes.

Calls wait in a queue.  The thread takes what has gathered, plans it against the catalogue,
commits all of it at once, shows it to the readers, and then lets the callers go on: one sync of
the disk serves everybody who waited for it.  Callers who were just answered often come back at
once; without a moment for them they and those who came meanwhile would take turns, each half of
them in a commit of its own.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from memory_service.errors import MemoryServiceError, NotReadyError, StorageError
from memory_service.failpoints import Failpoint
from memory_service.store.hooks import NO_HOOKS
from memory_service.store.purging import purge
from memory_service.store.stage import Stage, publish
from memory_service.store.statements import statement
from memory_service.store.tables import posting_rows, tables_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.model.position import Position
    from memory_service.model.write import Receipt, WriteRequest
    from memory_service.store.catalogue.catalogue import Catalogue
    from memory_service.store.connection import Database, Session
    from memory_service.store.hooks import Hooks
    from memory_service.store.planning import Planner
    from memory_service.store.records import Rows

_LOG = logging.getLogger(__name__)

#: A transaction takes no further call once it has so many operations.
MOST_OPERATIONS = 256
#: How long the thread waits for callers to come back, in seconds.
MOMENT = 0.003


@dataclass(frozen=True, slots=True)
class _Write:
    request: WriteRequest
    done: Future[Receipt] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[], None]
    done: Future[None] = field(default_factory=Future)


class Writer:
    """Applies writes in the order they come, and runs work that must not meet a write.

    Args:
        follow: Called with the rows of every commit, before readers see it and callers return.
        note: Called with the position of every commit, before that.
        moment: How long it waits at most for callers to come back, in seconds.
        hooks: Who is told when a commit cannot be shown, and of failpoints.
    """

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        planner: Planner,
        *,
        follow: Callable[[Rows], None],
        note: Callable[[Position], None] = lambda _: None,
        moment: float = MOMENT,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._planner = planner
        self._follow = follow
        self._note = note
        self._moment = moment
        self._hooks = hooks
        self._waiting: deque[_Write | _Work] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._expected = 0
        self._failed = False
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._thread.start()

    def apply(self, request: WriteRequest) -> Receipt:
        """Do a write; returns once it is committed and synced.

        Raises:
            StorageError: If the commit failed; nothing was changed.
            NotReadyError: If the writer was closed.
            MemoryServiceError: What the planner refuses the request with.
        """
        write = _Write(request)
        self._enqueue(write)
        return write.done.result()

    def change(
        self,
        plan: Callable[[Stage], None],
        *,
        beside: Callable[[Session], None],
        then: Callable[[], None],
    ) -> None:
        """Change the store as a whole: once this returns it is committed and synced.

        Args:
            plan: Puts the change on a stage, between two writes; nothing is done if it puts none.
            beside: What else is done in the same transaction.
            then: What follows from it, before the next write.

        Raises:
            StorageError: If the commit failed; nothing was changed.
            NotReadyError: If the writer was closed.
        """

        def work() -> None:
            stage = Stage(self._catalogue)
            plan(stage)
            if not stage.rows:
                return
            stage.rows.beside = beside
            if (error := self._committed(stage)) is not None:
                raise error
            self._followed_by(then)

        self.run(work)

    def _followed_by(self, then: Callable[[], None]) -> None:
        try:
            then()
        except Exception as error:
            self._failed = True
            self._hooks.on_failed("a committed change could not be shown")
            raise StorageError(
                "The change is stored but cannot be shown; restart the daemon."
            ) from error

    def run(self, work: Callable[[], None]) -> None:
        """Run *work* on the writer's thread, between two commits."""
        job = _Work(work)
        self._enqueue(job)
        job.done.result()

    def close(self) -> None:
        """Do what is waiting, then stop."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _enqueue(self, job: _Write | _Work) -> None:
        with self._changed:
            if not self._open:
                raise NotReadyError("The store is closed; try again once the daemon runs.")
            self._waiting.append(job)
            self._changed.notify()

    def _loop(self) -> None:
        while self._wait():
            if work := self._next_work():
                _settle_work(work)
            else:
                self._write(self._next_writes())

    def _together(self) -> bool:
        """Whether as many wait as can be expected, or as fit."""
        jobs = self._waiting
        if not self._open or len(jobs) >= self._expected or isinstance(jobs[0], _Work):
            return True
        writes = (len(job.request.operations) for job in jobs if isinstance(job, _Write))
        return sum(writes) >= MOST_OPERATIONS

    def _wait(self) -> bool:
        """Wait for something to do; false when there will be nothing more."""
        with self._changed:
            if not self._changed.wait_for(self._something, self._moment):
                self._expected = 0
                self._changed.wait_for(self._something)
            self._changed.wait_for(self._together, self._moment)
            return bool(self._waiting)

    def _something(self) -> bool:
        return bool(self._waiting) or not self._open

    def _next_work(self) -> _Work | None:
        with self._changed:
            if isinstance(self._waiting[0], _Work):
                return cast("_Work", self._waiting.popleft())
            return None

    def _next_writes(self) -> list[_Write]:
        """What has gathered, up to the limit or the next work."""
        writes: list[_Write] = []
        operations = 0
        with self._changed:
            while self._waiting and operations < MOST_OPERATIONS:
                if isinstance(self._waiting[0], _Work):
                    break
                writes.append(cast("_Write", self._waiting.popleft()))
                operations += len(writes[-1].request.operations)
        return writes

    def _answered(self, callers: int) -> None:
        """Expect those who were just answered beside those who wait."""
        with self._changed:
            self._expected = callers + len(self._waiting)

    def _write(self, writes: list[_Write]) -> None:
        stage = Stage(self._catalogue)
        planned = [pair for write in writes if (pair := self._planned(stage, write))]
        error = self._committed(stage)
        self._answered(len(writes))
        for write, receipt in planned:
            if error is None:
                write.done.set_result(receipt)
            else:
                write.done.set_exception(type(error)(error.detail))

    def _planned(self, stage: Stage, write: _Write) -> tuple[_Write, Receipt] | None:
        try:
            return write, self._planner.plan(stage, write.request)
        except MemoryServiceError as error:
            write.done.set_exception(error)
        except Exception as error:  # noqa: BLE001  # the thread's boundary
            _LOG.exception("a write could not be planned")
            write.done.set_exception(error)
        return None

    def _committed(self, stage: Stage) -> StorageError | None:
        """Commit and show what is on *stage*; what went wrong, if anything did."""
        if self._failed:
            return StorageError("The store failed before; restart the daemon.")
        try:
            if stage.rows:
                self._insert(stage.rows)
        except StorageError as error:
            return error
        except Exception:  # noqa: BLE001  # the thread's boundary
            _LOG.exception("writes could not be stored")
            return StorageError("The write could not be stored; nothing was changed.")
        return self._shown(stage)

    def _insert(self, rows: Rows) -> None:
        rows.postings = posting_rows(rows.entries)
        tables = list(tables_of(rows))
        with self._database.transaction() as session:
            for name, table in tables:
                session.insert(statement(name), table)
            if rows.beside is not None:
                rows.beside(session)
            purge(session, rows.purged)

    def _shown(self, stage: Stage) -> StorageError | None:
        """What is committed and cannot be noted or shown makes this process unfit to go on."""
        try:
            self._hooks.reach(Failpoint.AFTER_COMMIT)
            if stage.rows.changes:
                self._note(stage.position)
            self._follow(stage.rows)
            self._hooks.reach(Failpoint.AFTER_DERIVED)
            publish(stage, self._catalogue)
            self._hooks.reach(Failpoint.BEFORE_ANSWER)
        except StorageError as error:
            self._failed = True
            self._hooks.on_failed("a committed write could not be noted")
            return error
        except Exception:  # noqa: BLE001  # the thread's boundary
            _LOG.exception("committed writes could not be shown")
            self._failed = True
            self._hooks.on_failed("a committed write could not be shown")
            return StorageError("The write is stored but cannot be shown; restart the daemon.")
        return None


def _settle_work(work: _Work) -> None:
    try:
        work.run()
    except Exception as error:  # noqa: BLE001  # the thread's boundary
        _LOG.exception("work between writes failed")
        work.done.set_exception(error)
    else:
        work.done.set_result(None)
