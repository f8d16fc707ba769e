"""The database file: opening it, locking it down, asking it.  The only place that knows DuckDB.

What is asked here is SQL text with named parameters; what comes back are columns or rows.
Every failure of the database is a `StorageError` that says what to do.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from memory_service.durable import sync
from memory_service.errors import CorruptStoreError, StorageError, SyncFailedError
from memory_service.failpoints import Failpoint
from memory_service.store.attaching import attach_statement, lock_down_settings
from memory_service.store.complaints import (
    RESTART,
    committed,
    damaged,
    refused,
    sync_failed,
    sync_failure,
    translated,
)
from memory_service.store.gate import Gate
from memory_service.store.hooks import NO_HOOKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from memory_service.store.hooks import Hooks

_LOG = logging.getLogger(__name__)
#: How long a query may keep its file from being replaced, in seconds.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """Limits of the database.

    `memory_limit` must be generous: replaying the log after a crash has to fit.
    """

    memory_limit: str = "2GB"
    threads: int = 1
    checkpoint_threshold: str = "256MB"


class Database:
    """An open database file, in SQL the catalog `store`.

    Thread-safe: every call runs on a connection of its own, and sees what was committed before it
    began.  Only `transaction` writes, and only one thread may use it.
    """

    def __init__(
        self,
        file: Path,
        *,
        staging: Path,
        options: DatabaseOptions,
        sync: Callable[[Path], None] = sync,
        hooks: Hooks = NO_HOOKS,
        read_only: bool = False,
    ) -> None:
        """Open *file*, or create it empty, with access to *staging* alone beside it.

        Args:
            file: The database.
            staging: The only folder that its statements may touch.
            options: Its limits.
            sync: Makes the names in a folder durable.
            hooks: Who is told when nothing more is tried in this process, and of failpoints.
            read_only: Change no byte of the file or its log.

        Raises:
            CorruptStoreError: If it is no database, or damaged.
            SyncFailedError: If the disk did not take what was written to it.
            StorageError: If it cannot be opened.
        """
        self._file = file
        self._log = file.with_name(f"{file.name}.wal")
        self._sync = sync
        self._hooks = hooks
        self._dead = threading.Event()
        self._refused = threading.Event()
        self._attaching = threading.Lock()
        self._gate = Gate()
        with self._translated("open"):
            self._root = duckdb.connect(":memory:")
            self._root.execute(attach_statement(file, read_only=read_only))
            for setting in lock_down_settings(staging, options):
                self._root.execute(setting)
        self._sync_folder()

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        """Turn errors of the database into ours; after a fatal one nothing more is tried."""
        if self._dead.is_set():
            raise StorageError(RESTART)
        self._attach_anew()
        try:
            with self._gate.entered():
                yield
        except (duckdb.FatalException, duckdb.InternalException) as error:
            self._fail(f"the database failed ({doing})")
            if sync_failed(error):
                raise sync_failure(self._file) from error
            if doing == "open":
                raise damaged(self._file, str(error).lower()) from error
            raise CorruptStoreError(f"The database failed ({doing}). {RESTART}") from error
        except duckdb.Error as error:
            self._note_refusal(error)
            raise translated(error, doing, self._file) from error

    def _fail(self, why: str) -> None:
        """Try nothing more in this process."""
        if not self._dead.is_set():
            self._dead.set()
            self._hooks.on_failed(why)

    def _note_refusal(self, error: duckdb.Error) -> None:
        """After a failed sync the file is not read again: what it holds is not known.

        Raises:
            SyncFailedError: If that is what happened.
        """
        if sync_failed(error):
            self._fail("a sync of the database failed")
            raise sync_failure(self._file) from error
        if refused(error):
            self._refused.set()

    def _attach_anew(self) -> None:
        """Where a checkpoint failed, DuckDB refuses the file until it is attached once more.

        That reads what was committed since from the log.  While a query still holds the file it
        cannot be done, and the next call tries again.
        """
        if not self._refused.is_set():
            return
        with self._attaching, suppress(duckdb.Error):
            if self._refused.is_set():
                self._root.execute("DETACH DATABASE IF EXISTS store")
                self._root.execute(attach_statement(self._file))
                self._refused.clear()

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query; its rows."""
        with self._translated("read"), self._root.cursor() as cursor:
            return cursor.execute(sql, dict(parameters or {})).fetchall()

    def columns(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, npt.NDArray[np.generic]]:
        """Run a query; its columns as arrays.  No column may hold NULL."""
        with self._translated("read"), self._root.cursor() as cursor:
            found = cursor.execute(sql, dict(parameters or {})).fetchnumpy()
            return dict(found)

    def table(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """Run a query; its columns as Arrow's."""
        with self._translated("read"), self._root.cursor() as cursor:
            return cursor.sql(sql, params=dict(parameters or {})).to_arrow_table()

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Several queries over one state."""
        with self._translated("read"), self._root.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield Session(cursor)
            cursor.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Write; committed and synced when the block ends, undone when it raises.

        Raises:
            StorageError: If it cannot be committed, or may not survive a power loss.
        """
        with self._translated("write"), self._root.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield Session(cursor)
                self._hooks.reach(Failpoint.BEFORE_COMMIT)
            except BaseException:
                self._undo(cursor)
                raise
            self._commit(cursor)
        self._sync_log()

    def _commit(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Commit; what is committed stands, even if a checkpoint that was due after it failed."""
        try:
            cursor.execute("COMMIT")
        except duckdb.IOException as error:
            if not committed(error):
                raise
            _LOG.warning("a write was committed, but the checkpoint after it failed")
            self._note_refusal(error)

    def _undo(self, cursor: duckdb.DuckDBPyConnection) -> None:
        try:
            cursor.execute("ROLLBACK")
        except duckdb.Error:
            # The instance is gone with the failed transaction; the first error is raised.
            self._fail("the database failed (undo)")

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file.

        Raises:
            StorageError: If it failed, for want of room for example; nothing is lost, and reads
                and writes go on.
        """
        self._hooks.reach(Failpoint.BEFORE_CHECKPOINT)
        with self._translated("checkpoint"), self._root.cursor() as cursor:
            cursor.execute("CHECKPOINT store")
        self._sync_folder()
        self._hooks.reach(Failpoint.AFTER_CHECKPOINT)

    @contextmanager
    def copying(self, target: Path) -> Iterator[Session]:
        """Write a second file, in SQL the catalog `copy`; one at a time.

        *target* lies in the staging folder.  Inside the block statements are committed one by one,
        unless it begins a transaction; after it the file is whole and synced, and no log lies
        beside it.  If the block raises, the file is gone.

        Raises:
            StorageError: If it cannot be written; this file is as it was.
        """
        if self._dead.is_set():
            raise StorageError(RESTART)
        try:
            with self._root.cursor() as cursor:
                cursor.execute(attach_statement(target, catalog="copy"))
                try:
                    yield Session(cursor)
                    cursor.execute("CHECKPOINT copy")
                finally:
                    with suppress(duckdb.Error):
                        cursor.execute("ROLLBACK")
                    cursor.execute("DETACH DATABASE IF EXISTS copy")
            sync(target)
        except BaseException as error:
            for file in (target, target.with_name(f"{target.name}.wal")):
                file.unlink(missing_ok=True)
            if isinstance(error, duckdb.Error):
                raise translated(error, "copy", self._file) from error
            raise

    def replace_by(self, fresh: Path) -> None:
        """Go on with *fresh*, which holds the same, in the place of the file; one rename decides.

        For the thread that writes.  Queries under way are waited for, and those that come meanwhile
        wait.

        Raises:
            StorageError: If it could not be done; the file is the one before.
        """
        self.checkpoint()
        with self._gate.closed(_PATIENCE):
            try:
                self._root.execute("DETACH DATABASE IF EXISTS store")
                if self._log.exists():
                    raise StorageError(
                        "The store's log could not be emptied, so its file was not replaced; "
                        "nothing was changed. Try again."
                    )
                fresh.replace(self._file)
            except duckdb.Error as error:
                raise translated(error, "detach", self._file) from error
            finally:
                self._refused.set()
                self._attach_anew()
        self._sync_folder()

    def _sync_log(self) -> None:
        """A checkpoint removes the log, a commit's own too; the next commit makes it anew."""
        if not self._log.exists():
            self._log_named = False
        elif not self._log_named:
            self._sync_folder()

    def _sync_folder(self) -> None:
        """Make new and removed files of the folder survive a power loss."""
        self._log_named = self._log.exists()
        try:
            for folder in (self._file.parent, self._file.parent.parent):
                self._sync(folder)
        except OSError as error:
            self._fail("a sync of the store's folder failed")
            raise SyncFailedError(
                f"{self._file.parent} could not be synced to the disk ({error.strerror}); whether "
                f"the last write survives a power loss is not known. {RESTART}"
            ) from error

    def close(self) -> None:
        """Release the file.

        Raises:
            StorageError: If it failed before, or a query still runs; the file is released when
                that ends.
        """
        try:
            with self._translated("close"):
                self._root.execute("DETACH store")
        finally:
            with suppress(duckdb.Error):
                self._root.close()


class Session:
    """Statements inside one transaction."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement."""
        self._cursor.execute(sql, dict(parameters or {}))

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query; its rows."""
        return self._cursor.execute(sql, dict(parameters or {})).fetchall()

    def columns(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, npt.NDArray[np.generic]]:
        """Run a query; its columns as arrays.  No column may hold NULL."""
        return dict(self._cursor.execute(sql, dict(parameters or {})).fetchnumpy())

    def insert(self, sql: str, rows: pa.Table) -> None:
        """Run an `INSERT … SELECT … FROM incoming`, where `incoming` is *rows*."""
        self._cursor.register("incoming", rows)
        try:
            self._cursor.execute(sql)
        finally:
            self._cursor.unregister("incoming")
