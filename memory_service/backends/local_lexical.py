"""The full-text index of a local backend: taken up at the start, then kept up.

It comes from its files and the postings that were written since; from the postings alone when the
files cannot be used.  Up to 20,000 changes are taken in at once; what takes longer (some 10 s for
a million entries) is done by a thread of its own, and the rows answer meanwhile.  The same thread
writes and merges files later on.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import numpy as np

from memory_service.errors import StorageError
from memory_service.index.lexical.files import Files
from memory_service.index.lexical.index import LexicalIndex
from memory_service.index.manifest import SnapshotUnusableError
from memory_service.model.postings import PostingRows
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.index.lexical.manifest import Origin
    from memory_service.model.read import Ordinals
    from memory_service.store.connection import Database
    from memory_service.store.records import Rows

_LOG = logging.getLogger(__name__)

#: Changes that are taken in at once.
AT_ONCE = 20_000
#: Changes that are taken in while writes wait, at the end of a longer way.
_LAST = 1_000


class LocalLexical:
    """The index over one store; thread-safe."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        origin: Origin,
        settled: int,
        at_once: int = AT_ONCE,
    ) -> None:
        """Take up what *folder* holds; before the first write.

        Args:
            database: The store.
            folder: Where the files are; it can be removed at any time.
            origin: Whose postings they are.
            settled: From how many postings in memory they are written to a file.
            at_once: Up to how many changes are taken in at once.
        """
        self._database = database
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._arrived = threading.Event()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._stuck = False
        self._dropped: list[int] = []
        self._forgotten: list[Ordinals] = []
        files = Files(folder, origin=origin, chain_at=self._chain_at)
        newest = self._newest()
        _take_up(files, folder, newest)
        self._index = LexicalIndex(files, settled=settled)
        if files.segments:
            self._index.keep_only(self._ordinals("live_entries", upto=files.watermark))
        self._ready = False
        if newest - self._index.state.watermark <= at_once:
            self._take_in(newest)
            self._ready = True
            self._arrived.set()
        else:
            self._start()

    @property
    def index(self) -> LexicalIndex | None:
        """The index; `None` while it is behind the store."""
        return self._index if self._ready else None

    def wait(self) -> None:
        """Return when the index has caught up with the store, or has given that up."""
        self._arrived.wait()

    def follow(self, rows: Rows) -> None:
        """Take in what was committed."""
        dead = np.sort(np.array([row.ordinal for row in rows.tombstones], np.int64))
        with self._lock:
            if self._ready and rows.changes and rows.postings is not None:
                new = rows.postings.after(self._index.state.watermark)
                self._index.add(new, rows.changes[-1].change.position.seq)
            elif len(dead):
                self._forgotten.append(dead)
            self._index.forget(dead)
            self._dropped += [row.number for row in rows.namespaces if row.dropped]
        if self._ready and self._index.due:
            self._start()
            self._woken.set()

    def bury(self) -> None:
        """Forget the entries of dropped namespaces, before their rows go."""
        while self._dropped:
            entries = self._ordinals("entries_of", ns=self._dropped[0])
            with self._lock:
                self._index.forget(entries)
                if not self._ready:
                    self._forgotten.append(entries)
                del self._dropped[0]

    def maintain(self) -> None:
        """Write and merge what is due.

        Raises:
            StorageError: If a file cannot be written; what was there stays.
        """
        if self._ready:
            self._index.settle()
            self._stuck = False

    def close(self) -> None:
        """Write what is in memory alone.

        Raises:
            StorageError: If it cannot be written; the next start takes it from the rows.
        """
        self._closing = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        self._index.settle(whole=True)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="lexical-index", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        try:
            while not (self._ready or self._closing):
                self._come_nearer()
        except Exception:  # noqa: BLE001  # the thread's boundary
            _LOG.exception("the full-text index stays behind; the rows answer until a restart")
        self._arrived.set()
        while not self._closing:
            self._woken.wait()
            self._woken.clear()
            self._settle()

    def _come_nearer(self) -> None:
        """Take in some of what the store is ahead; with the last of it the index is ready."""
        before, newest = self._index.state.watermark, self._newest()
        if newest - before > _LAST:
            self._take_in(min(newest, before + AT_ONCE))
            self._settle()
            return
        with self._lock:
            self._take_in(self._newest())
            for dead in self._forgotten:
                self._index.forget(dead)
            self._forgotten.clear()
            self._ready = True

    def _settle(self) -> None:
        """After a failure nothing is tried until `maintain` succeeds."""
        if self._stuck:
            return
        try:
            self._index.settle()
        except StorageError as error:
            self._stuck = True
            _LOG.warning("the full-text index was not written: %s", error.detail)
        except Exception:  # noqa: BLE001  # the thread's boundary
            self._stuck = True
            _LOG.exception("the full-text index was not written")

    def _take_in(self, upto: int) -> None:
        rows = self._database.columns(
            statement("postings_between"), {"after": self._index.state.watermark, "upto": upto}
        )
        postings = PostingRows(
            keys=rows["term"].astype(np.uint64),
            ordinals=rows["seq"].astype(np.int64),
            tf=rows["tf"].astype(np.uint32),
            lengths=rows["len"].astype(np.uint32),
        )
        self._index.add(postings, upto)

    def _ordinals(self, name: str, **parameters: int) -> Ordinals:
        return self._database.columns(statement(name), parameters)["seq"].astype(np.int64)

    def _newest(self) -> int:
        return int(self._database.rows(statement("select_newest"))[0][0])

    def _chain_at(self, seq: int) -> str:
        rows = self._database.rows(statement("select_chain"), {"seq": seq})
        return "".join(chain for (chain,) in rows)


def _take_up(files: Files, folder: Path, newest: int) -> None:
    try:
        files.take_up(newest=newest)
    except SnapshotUnusableError as error:
        level = logging.WARNING if folder.exists() else logging.DEBUG
        _LOG.log(level, "the full-text index is built from the store: %s", error.reason)
