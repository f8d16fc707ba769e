"""A backup put in the place of a store, whole or not at all.

What is to come is unpacked and proven in a folder of its own.  Then a note is written of where the
state before goes, and three renames follow.  Until the note is there the state before stands; from
then on the new one does, for whoever comes next to a folder with a note finishes its renames.

FOLDER/incoming         what is to come; left over without a note, it is thrown away
FOLDER/restore.json     the note
FOLDER/replaced/NAME    the state before: its `store` and its `index`
"""

from __future__ import annotations

import json
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.backends.local_keeping import REPLACED
from memory_service.durable import replace_file, sync
from memory_service.errors import BackupRefusedError, SchemaTooNewError, StorageError
from memory_service.store.archive import opened_archive, unpack
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.head import HEAD_FILE, HeadRecord, begin_head
from memory_service.store.manifest import DATABASE
from memory_service.store.migrating import SCHEMA_VERSION
from memory_service.store.proving import last_epoch, prove
from memory_service.store.schema import begin_epoch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from memory_service.model.keeping import BackupManifest

_NOTE = "restore.json"
_INCOMING = "incoming"
_MOVED = ("store", "index")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put in place; `replaced` is where the state before is, `None` if there was none.

    `epoch` is the one that the next change will belong to.
    """

    manifest: BackupManifest
    epoch: int
    replaced: Path | None


def restore(
    folder: Path,
    source: Path,
    *,
    now: datetime,
    progress: Callable[[int, int], None],
    reached: Callable[[str], None] = lambda _: None,
) -> Restored:
    """Put the backup *source* in the place of the store in *folder*, whose lock is held.

    Args:
        folder: The data folder; it may hold no store.
        source: A backup.
        now: The time; the state before is called after it.
        progress: Called with the bytes unpacked and those in all.
        reached: Called with the name of every stage that is done: `unpacked`, `proven`, `noted`,
            `aside`, `placed`.

    Raises:
        BackupRefusedError: If it is no backup, damaged, or not what its manifest says.
        SchemaTooNewError: If a newer program made it.
        StorageError: If there is no room; nothing was changed.
    """
    finish_restore(folder)
    incoming = folder / _INCOMING
    try:
        manifest = _unpacked(source, incoming, progress)
        reached("unpacked")
        epoch = _proven(folder, incoming, manifest)
        reached("proven")
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    _demand_movable(folder)
    aside = _aside(folder, now)
    replace_file(folder / _NOTE, json.dumps({"aside": aside}).encode())
    reached("noted")
    _place(folder, aside, reached)
    before = folder / REPLACED / aside
    return Restored(manifest=manifest, epoch=epoch, replaced=before if before.exists() else None)


def finish_restore(folder: Path) -> None:
    """Finish a restore that was cut off, or throw away what it had begun; for who has the lock.

    Raises:
        StorageError: If its note cannot be read; the message says what to do.
    """
    note = folder / _NOTE
    if not note.exists():
        shutil.rmtree(folder / _INCOMING, ignore_errors=True)
        return
    try:
        aside = _noted(note)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"A restore was cut off, and its note {note} cannot be read. The store before is in "
            f"{folder / 'store'} or under {folder / REPLACED}; move the note away to go on with "
            f"what is in {folder / 'store'}."
        ) from error
    _place(folder, aside, lambda _: None)


def _noted(note: Path) -> str:
    """Where the state before goes; a name alone.

    Raises:
        ValueError, KeyError, TypeError: If the note does not say.
    """
    aside = json.loads(note.read_bytes())["aside"]
    if "/" in aside or not aside.strip("."):
        raise ValueError(aside)
    return str(aside)


def _unpacked(source: Path, incoming: Path, progress: Callable[[int, int], None]) -> BackupManifest:
    with opened_archive(source) as (manifest, stream):
        if manifest.schema > SCHEMA_VERSION:
            raise SchemaTooNewError(
                f"The backup has schema version {manifest.schema}; this program reads version "
                f"{SCHEMA_VERSION}. Restore it with the version that made it."
            )
        (incoming / "staging").mkdir(parents=True, mode=0o700)
        unpack(stream, manifest, incoming / DATABASE, progress=progress)
    return manifest


def _proven(folder: Path, incoming: Path, manifest: BackupManifest) -> int:
    """See that the database is what the manifest says, and begin an epoch; which one."""
    staging = incoming / "staging"
    epoch = max(manifest.position.epoch, _epoch_of(folder / "store" / DATABASE, staging)) + 1
    try:
        with closing(_database(incoming / DATABASE, staging)) as database:
            prove(database, manifest)
            begin_epoch(database, epoch)
            database.checkpoint()
        head = HeadRecord(cluster_id=manifest.cluster_id, position=manifest.position)
        begin_head(incoming / HEAD_FILE, head)
    except StorageError as error:
        raise BackupRefusedError(
            "The backup's database cannot be opened, so it is damaged; nothing was changed. Take "
            "another backup."
        ) from error
    for path in (incoming / DATABASE, incoming / HEAD_FILE, incoming, folder):
        sync(path)
    return epoch


def _epoch_of(file: Path, staging: Path) -> int:
    """The epoch of the store that is replaced; 0 if there is none or it cannot be read."""
    if not file.exists():
        return 0
    with suppress(StorageError), closing(_database(file, staging, read_only=True)) as database:
        return last_epoch(database)
    return 0


def _database(file: Path, staging: Path, *, read_only: bool = False) -> Database:
    return Database(file, staging=staging, options=DatabaseOptions(), read_only=read_only)


def _demand_movable(folder: Path) -> None:
    """Refuse before the note is written what could not be carried out after it.

    Raises:
        BackupRefusedError: If a folder that is to be moved is a disk of its own.
    """
    for name in _MOVED:
        if (folder / name).is_mount():
            shutil.rmtree(folder / _INCOMING)
            raise BackupRefusedError(
                f"{folder / name} is a disk of its own and cannot be put aside; nothing was "
                "changed. Restore into another --data-folder."
            )


def _aside(folder: Path, now: datetime) -> str:
    """A name under which nothing is put aside yet."""
    name, number = f"{now:%Y%m%dT%H%M%SZ}", 1
    taken = {path.name for path in (folder / REPLACED).glob("*")}
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _place(folder: Path, aside: str, reached: Callable[[str], None]) -> None:
    """The renames.  Each is done once, however often this begins again.

    While there is something to come, a `store` is the one before; afterwards it is the new one.
    """
    before, incoming = folder / REPLACED / aside, folder / _INCOMING
    if incoming.exists():
        for name in _MOVED:
            if (folder / name).exists():
                before.mkdir(mode=0o700, parents=True, exist_ok=True)
                (folder / name).rename(before / name)
        _sync_all(before, folder / REPLACED, folder)
        reached("aside")
        incoming.rename(folder / "store")
        sync(folder)
        reached("placed")
    (folder / _NOTE).unlink()
    sync(folder)


def _sync_all(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            sync(folder)
