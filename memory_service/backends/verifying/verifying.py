"""Looking through a whole store."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from memory_service.backends.local_head import check_database_there, has_head
from memory_service.backends.verifying.derived_checks import (
    check_catalogue,
    check_index,
    check_lexical,
    check_records,
)
from memory_service.backends.verifying.findings import Check, Finding, Report
from memory_service.backends.verifying.log_check import check_log
from memory_service.backends.verifying.row_checks import (
    check_entries,
    check_expiry,
    check_postings,
    check_vectors,
)
from memory_service.backends.verifying.stores import opened
from memory_service.errors import CorruptStoreError, DamagedLogError
from memory_service.index.analysis.analyser import Analyser
from memory_service.store.catalogue.loading import last_position
from memory_service.store.head import HEAD_FILE, read_head
from memory_service.store.standing import damage_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from memory_service.backends.local_options import LocalOptions
    from memory_service.backends.verifying.findings import Progress
    from memory_service.backends.verifying.stores import OpenStore
    from memory_service.store.head import HeadReading

#: Of how many changes the postings are compared with the texts.
SAMPLE = 10_000

_ACCEPT = "restore a backup, or run `memory-service verify --repair` to go on without what is lost"


def verify(
    folder: Path,
    *,
    now: datetime,
    options: LocalOptions,
    sample: int | None = SAMPLE,
    progress: Progress = lambda *_: None,
) -> Report:
    """Look through the store in a data folder that nobody uses; nothing is changed.

    Args:
        folder: The data folder; its lock is held by the caller.
        now: The time, for what has expired.
        options: Those of the backend.
        sample: Of how many changes the postings are compared with the texts; `None` for all.
        progress: Told how far it is.

    Raises:
        ConfigurationError: If another version of the program wrote the store.
        StorageError: If it cannot be read for another reason than damage.
    """
    try:
        check_database_there(folder / "store")
        with opened(folder, options, now) as store:
            return _looked_through(store, folder, now=now, sample=sample, progress=progress)
    except DamagedLogError as error:
        return _unreadable(error, _ACCEPT)
    except CorruptStoreError as error:
        return _unreadable(error, "restore a backup of the data folder")


def _unreadable(error: CorruptStoreError, next_step: str) -> Report:
    finding = Finding(code=error.code, count=1, detail=error.detail, next_step=next_step)
    return Report(position="", checks=(Check(name="database", looked_at=0, findings=(finding,)),))


def _looked_through(
    store: OpenStore, folder: Path, *, now: datetime, sample: int | None, progress: Progress
) -> Report:
    database, identity, index = store.database, store.identity, folder / "index"
    position = last_position(database)
    newest = position.seq
    checks = [
        _check_head(store, folder),
        check_log(database, progress, switched=identity.switched),
        check_entries(database),
        check_vectors(database, identity, newest=newest, progress=progress),
        check_postings(database, cache(Analyser), newest=newest, sample=sample, progress=progress),
        check_expiry(database, now),
    ]
    derived = (
        partial(check_catalogue, database, index, identity),
        partial(check_records, database, index, identity),
        partial(check_lexical, database, index, identity, newest),
        partial(check_index, database, index, identity, newest),
    )
    for done, check in enumerate(derived, start=1):
        checks.append(check())
        progress("derived files", done, len(derived))
    return Report(position=str(position), checks=tuple(checks))


def _check_head(store: OpenStore, folder: Path) -> Check:
    reading = read_head(folder / "store" / HEAD_FILE)
    damage = damage_of(
        store.database,
        reading,
        position=last_position(store.database),
        cluster_id=store.identity.cluster_id,
        had_head=has_head(store.database),
    )
    findings = _odd_head(reading)
    if damage is not None:
        finding = Finding(code=damage.kind, count=1, detail=damage.what, next_step=_ACCEPT)
        findings = (finding, *findings)
    return Check(name="head", looked_at=1 if reading.there else 0, findings=findings)


def _odd_head(reading: HeadReading) -> tuple[Finding, ...]:
    if not reading.odd or reading.newest is None:
        return ()
    return (
        Finding(
            code="head_odd",
            count=reading.odd,
            detail=f"damaged records of the head file: {reading.odd}; the newest whole one counts",
            next_step="the next start writes the file anew",
        ),
    )
