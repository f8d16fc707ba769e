"""Bringing record files up to what the database holds, while writes go on."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.entry import Span
from memory_service.store.recordfile.files import Met
from memory_service.store.recordfile.format import OddRecordError, record_of, unpacked
from memory_service.store.rows import entry_from
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from memory_service.store.connection import Database
    from memory_service.store.recordfile.files import RecordFiles
    from memory_service.store.recordfile.format import Record
    from memory_service.store.recordfile.saving import Tail

#: So many entries are read from the database at once.
_SLICE = 512
#: Seconds in which others may run, after each of them.
_PAUSE = 0.002


class Filling:
    """Compares record files with the rows, and adds and erases what differs.

    One comparison at a time; `touch` is for the thread that writes.
    """

    def __init__(self, database: Database, files: RecordFiles) -> None:
        self._database = database
        self._files = files
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._touched: set[int] = set()
        self._running = False

    def touch(self, ordinals: Iterable[int]) -> None:
        """These were changed by a commit just now: what was read of them before is stale."""
        with self._lock:
            if self._running:
                self._touched.update(ordinals)

    def stop(self) -> None:
        """End what is going on, soon."""
        self._stopped.set()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Note what is changed meanwhile."""
        with self._lock:
            self._running = True
        try:
            yield
        finally:
            with self._lock:
                self._running = False
                self._touched.clear()

    def check(self, tails: Sequence[Tail]) -> bool:
        """Take up what earlier runs left unchecked, and write on behind it; whether all was seen.

        Raises:
            StorageError: If the database cannot be read.
            OSError: If the files cannot be written.
        """
        with self._watching():
            for tail in tails:
                self._check(tail)
        self._files.resume()
        return not self._stopped.is_set()

    def fill(self, upto: int) -> int:
        """Make the files hold every live entry up to a change, and nothing that is not alive.

        How many were missing or too much.

        Args:
            upto: A change that was committed, and taken in as far as it came in this run.

        Raises:
            StorageError: If the database cannot be read.
            OSError: If the files cannot be written.
        """
        self._files.gaps = False
        with self._watching():
            return self._compare(upto)

    def _check(self, tail: Tail) -> None:
        """Take up the records of a tail that are those of the store."""
        found = tail.volume.walk(tail.start)
        while (some := list(islice(found, _SLICE))) and not self._stopped.is_set():
            ordinals = [each.ordinal for each in some]
            rows = self._database.rows(statement("select_draft_hashes"), {"ordinals": ordinals})
            hashes: dict[int, bytes] = dict(rows)
            good = [
                Met(
                    ordinal=each.ordinal,
                    volume=tail.volume,
                    offset=each.offset,
                    length=len(each.data),
                )
                for each in some
                if _is_proven(each.data, each.ordinal, hashes.get(each.ordinal))
            ]
            with self._lock:
                wanted = [met for met in good if met.ordinal not in self._touched]
                self._files.adopt(wanted)
            # What is nobody's goes with its file.
            tail.volume.worn |= len(wanted) < len(some)

    def _compare(self, upto: int) -> int:
        live = self._database.columns(statement("select_live"), {"upto": upto})["seq"]
        known = self._files.known()
        known = known[known <= upto]
        gone = np.setdiff1d(known, live, assume_unique=True).tolist()
        missing = np.setdiff1d(live, known, assume_unique=True).tolist()
        self._files.erase(gone)
        for start in range(0, len(missing), _SLICE):
            if self._stopped.wait(_PAUSE):
                break
            records = self._read(missing[start : start + _SLICE])
            with self._lock:
                self._files.append([one for one in records if one.ordinal not in self._touched])
        return len(gone) + len(missing)

    def _read(self, ordinals: Sequence[int]) -> list[Record]:
        """The records of those that are alive."""
        parameters = {"ordinals": list(ordinals)}
        spans: defaultdict[int, list[Span]] = defaultdict(list)
        for ordinal, start, stop in self._database.rows(statement("select_spans"), parameters):
            spans[ordinal].append(Span(start=start, stop=stop))
        rows = self._database.rows(statement("select_hashed_entries"), parameters)
        records = []
        for *columns, draft_hash in rows:
            entry = entry_from(columns, namespace="", embedded=False)
            records.append(record_of(entry, draft_hash=draft_hash, spans=spans[entry.ordinal]))
        return sorted(records, key=lambda record: record.ordinal)


def _is_proven(data: bytes, ordinal: int, draft_hash: bytes | None) -> bool:
    """Whether a record is of the live entry of that hash."""
    if draft_hash is None:
        return False
    try:
        return draft_hash.startswith(unpacked(data, ordinal).proof)
    except OddRecordError:
        return False
