"""`memory-service backup`: the store at one position, in a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.keeping import place_of, size
from memory_service.cli.options import (
    ConfigOption,
    DataFolderOption,
    JsonOption,
    KeyFileOption,
    UrlOption,
)
from memory_service.cli.output import counted, print_json, say
from memory_service.cli.progress import ByteBar
from memory_service.cli.world import Address, World, world_of
from memory_service.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent_client import MemoryClient
    from agent_client.models import Backup
    from memory_service.cli.keeping import Place
    from memory_service.model.keeping import BackupManifest
    from memory_service.settings import Settings

_PART = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A copy to be written: what it is, and its bytes from an offset on."""

    manifest: BackupManifest
    read: Callable[[int], bytes]


def backup(
    context: typer.Context,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="The file to write.", show_default=False)
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace TARGET if it exists.")] = False,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the store at one position into a file, while the daemon serves; or without one."""
    world = world_of(context)
    if target.exists() and not force:
        raise ConfigurationError(f"{target} exists; --force replaces it.")
    if not target.absolute().parent.is_dir():
        raise ConfigurationError(f"There is no folder {target.absolute().parent}; make it first.")
    place = place_of(world, data_folder=data_folder, config=config, url=url, key_file=key_file)
    with _taken(world, place) as source:
        _write(world, source, target, quiet=as_json)
    _report(world, source.manifest, target, as_json=as_json)


@contextmanager
def _taken(world: World, place: Place) -> Iterator[_Source]:
    taken = _from_store(place.settings) if place.settings else _from_daemon(world, place.address)
    with taken as source:
        yield source


@contextmanager
def _from_daemon(world: World, address: Address) -> Iterator[_Source]:
    with world.connect(address) as client:
        made = client.make_backup()
        try:
            yield _Source(manifest=_manifest(made), read=_reading(client, made.backup))
        finally:
            client.drop_backup(made.backup)


def _reading(client: MemoryClient, backup: str) -> Callable[[int], bytes]:
    return lambda offset: client.read_backup(backup, offset)


@contextmanager
def _from_store(settings: Settings) -> Iterator[_Source]:
    from contextlib import closing

    from memory_service import app

    with app.opened_store(settings) as store, closing(store.copy()) as copy:
        yield _Source(manifest=copy.manifest, read=lambda offset: copy.read(offset, _PART))


def _write(world: World, source: _Source, target: Path, *, quiet: bool) -> None:
    from memory_service.store.archive import write_archive

    with ByteBar(world, "writing the backup", quiet=quiet) as progress:
        write_archive(target, source.manifest, _parts(source), progress=progress)


def _parts(source: _Source) -> Iterator[bytes]:
    offset = 0
    while part := source.read(offset):
        yield part
        offset += len(part)


def _manifest(made: Backup) -> BackupManifest:
    """What the daemon says of a backup, as the backup will say it."""
    from memory_service.model.keeping import BackupFile, BackupManifest, StoreCounts
    from memory_service.model.position import Position

    return BackupManifest(
        schema=made.schema_version,
        cluster_id=made.cluster_id,
        position=Position.parse(made.position),
        fingerprint=made.fingerprint,
        model=made.model,
        counts=StoreCounts(
            entries=made.entries,
            changes=made.changes,
            namespaces=made.namespaces,
            vectors=made.vectors,
        ),
        created_at=datetime.fromisoformat(str(made.created_at)),
        file=BackupFile(name=made.name, size=made.size, sha256=made.sha256),
    )


def _report(world: World, manifest: BackupManifest, target: Path, *, as_json: bool) -> None:
    from memory_service.store.manifest import manifest_object

    if as_json:
        print_json(world, {"backup": target, **manifest_object(manifest)})
        return
    position = manifest.position
    say(world, f"backup     {target} ({size(manifest.file.size)})")
    say(world, f"holds      {counted(manifest.counts.entries, 'entry', 'entries')}")
    say(world, f"position   {position.epoch}:{position.seq}")
    say(world, f"sha256     {manifest.file.sha256}")
    say(world, f"restore    memory-service restore {target}, with the daemon stopped")
