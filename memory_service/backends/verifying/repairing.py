"""Making a damaged store fit to be written again, by command alone; nothing is deleted."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.backends.local import LocalBackend
from memory_service.backends.local_head import has_head, note_head
from memory_service.backends.verifying.stores import opened
from memory_service.backends.verifying.verifying import verify
from memory_service.durable import sync
from memory_service.errors import DamagedLogError
from memory_service.model.position import Position
from memory_service.model.read import Change, ChangeKind
from memory_service.store.catalogue.loading import last_position
from memory_service.store.chain import NO_NONCE, chained, payload_digest
from memory_service.store.head import HEAD_FILE, HeadRecord, begin_head, read_head
from memory_service.store.payload import lost_payload
from memory_service.store.records import ChangeRow, Rows
from memory_service.store.standing import DamageKind, numbered
from memory_service.store.statements import statement
from memory_service.store.tables import tables_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from memory_service.backends.local_options import LocalOptions
    from memory_service.backends.verifying.findings import Progress, Report
    from memory_service.backends.verifying.stores import OpenStore
    from memory_service.store.head import HeadReading

#: Where what is bad and replaced is kept, in the data folder.
QUARANTINE = "quarantine"
#: How the folders of what is derived begin, by the name of its check.
DERIVED = {
    "catalogue": "catalogue",
    "records": "records",
    "full-text index": "lexical",
    "vector index": "vectors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was done to a store, and what it is like now.

    `lost` are the first and the last seq of changes that were acknowledged and are gone.
    """

    done: tuple[str, ...]
    lost: tuple[int, int] | None
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repairing:
    folder: Path
    now: datetime
    options: LocalOptions

    @property
    def log(self) -> Path:
        return self.folder / "store" / "memory.duckdb.wal"


def repair(
    folder: Path,
    report: Report,
    *,
    now: datetime,
    options: LocalOptions,
    sample: int | None,
    progress: Progress = lambda *_: None,
) -> Repair:
    """Do what can be done about what `verify` found in *report*, then look once more.

    A log that cannot be replayed is moved to `quarantine/`; what of it is whole before the damage
    is kept.  A log that lost changes begins a new epoch, whose first change names their numbers.
    What is derived and odd is built anew.  Rows that contradict the log are left as they are.

    Raises:
        StorageError: If it cannot be written.
    """
    work = _Repairing(folder=folder, now=now, options=options)
    codes = {finding.code for finding in report.findings}
    done: list[str] = []
    lost = None
    if DamagedLogError.code in codes:
        done += _without_damage(work)
        report = verify(folder, now=now, options=options, sample=0)
        codes = {finding.code for finding in report.findings}
    if codes & (set(DamageKind) - {DamageKind.BROKEN}):
        done += [] if done else _kept_log(work)
        lost = _accept(work)
        done.append(_said(lost))
    elif "head_odd" in codes:
        _write_head(work)
        done.append("the head file was written anew")
    done += _rebuild(work, report)
    if done:
        report = verify(folder, now=now, options=options, sample=sample, progress=progress)
    return Repair(done=tuple(done), lost=lost, report=report)


def _said(lost: tuple[int, int] | None) -> str:
    if lost is None:
        return "a new epoch was begun; which changes are lost, if any, is not known"
    return f"a new epoch was begun; {numbered(*lost)} lost"


def _kept_log(work: _Repairing) -> list[str]:
    """Keep the log as it is: what comes now writes over it."""
    if not work.log.exists() or not work.log.stat().st_size:
        return []
    kept = _quarantined(work)
    shutil.copyfile(work.log, kept)
    sync(kept)
    sync(kept.parent)
    return [f"the log was copied to {kept}"]


def _without_damage(work: _Repairing) -> list[str]:
    """Move the log away, and put back what of it is whole before the damage."""
    kept = _quarantined(work)
    work.log.replace(kept)
    sync(kept.parent)
    sync(work.log.parent)
    done = [f"the log was moved to {kept}"]
    whole = _whole_bytes(work, kept)
    if whole:
        done.append(f"{whole:,} of its {kept.stat().st_size:,} bytes are whole and were kept")
    return done


def _whole_bytes(work: _Repairing, kept: Path) -> int:
    """Put back as much of the log as can be replayed; how many bytes that is."""
    whole = kept.stat().st_size
    while whole > 0:
        shutil.copyfile(kept, work.log)
        os.truncate(work.log, whole)
        sync(work.log)
        try:
            with opened(work.folder, work.options, work.now):
                return whole
        except DamagedLogError as error:
            whole = min(error.whole_bytes, whole - 1)
    work.log.unlink()
    sync(work.log.parent)
    return 0


def _quarantined(work: _Repairing) -> Path:
    """A name for the log in the quarantine."""
    folder = work.folder / QUARANTINE
    folder.mkdir(mode=0o700, exist_ok=True)
    sync(work.folder)
    stem = f"{work.log.name}.{work.now:%Y%m%dT%H%M%SZ}"
    names = (f"{stem}.{number}" for number in range(1, 1_000))
    return next(folder / name for name in (stem, *names) if not (folder / name).exists())


def _accept(work: _Repairing) -> tuple[int, int] | None:
    """Go on with the log as it is, in a new epoch; which numbers of changes are lost."""
    head = read_head(work.folder / "store" / HEAD_FILE)
    with opened(work.folder, work.options, work.now) as store:
        before = last_position(store.database)
        after = _after(before, head, store.identity.cluster_id)
        _begin_epoch(store, before, after, work.now)
        store.database.checkpoint()
        _note(work, store)
    lost = (before.seq + 1, after.seq - 1)
    return lost if lost[0] <= lost[1] else None


def _after(before: Position, head: HeadReading, cluster_id: str) -> Position:
    """The position of a change that nothing acknowledged can have had."""
    known = [before]
    if head.newest and head.newest.cluster_id == cluster_id:
        known.append(head.newest.position)
    return Position(
        epoch=max(each.epoch for each in known) + 1, seq=max(each.seq for each in known) + 1
    )


def _begin_epoch(store: OpenStore, before: Position, after: Position, now: datetime) -> None:
    lost = lost_payload(before.seq + 1, after.seq - 1)
    change = Change(
        position=after,
        kind=ChangeKind.EPOCH,
        namespace="",
        id="",
        previous=0,
        at=now,
        digest=payload_digest(NO_NONCE, lost),
    )
    rows = Rows(changes=[ChangeRow(0, chained(before, change))])
    with store.database.transaction() as session:
        for name, table in tables_of(rows):
            session.insert(statement(name), table)


def _write_head(work: _Repairing) -> None:
    with opened(work.folder, work.options, work.now) as store:
        _note(work, store)


def _note(work: _Repairing, store: OpenStore) -> None:
    """Let the head file say what the log says."""
    record = HeadRecord(
        cluster_id=store.identity.cluster_id, position=last_position(store.database)
    )
    begin_head(work.folder / "store" / HEAD_FILE, record)
    if not has_head(store.database):
        note_head(store.database)


def _rebuild(work: _Repairing, report: Report) -> list[str]:
    """Remove what is derived and odd, and let the backend build it anew."""
    odd = [check.name for check in report.checks if check.findings and check.name in DERIVED]
    if not odd:
        return []
    for name in odd:
        for folder in (work.folder / "index").glob(f"{DERIVED[name]}*"):
            shutil.rmtree(folder)
    backend = LocalBackend.open(work.folder, options=work.options, clock=lambda: work.now)
    backend.wait()
    backend.close()
    return [f"built anew: {', '.join(odd)}"]
