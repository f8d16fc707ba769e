"""`memory-service restore`: a backup in the place of the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.keeping import size
from memory_service.cli.options import ConfigOption, DataFolderOption, JsonOption
from memory_service.cli.output import counted, print_json, say
from memory_service.cli.progress import ByteBar
from memory_service.cli.serve import loaded
from memory_service.cli.world import World, world_of

if TYPE_CHECKING:
    from memory_service.backends.restoring import Restored


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A backup.", show_default=False)],
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the store; the daemon must be stopped.

    Everything is checked before anything is replaced, and the state before is kept aside.
    """
    from memory_service.backends import restoring
    from memory_service.data_folder import FolderLock

    world = world_of(context)
    folder = loaded(world, config, {"data_folder": data_folder}).settings.data_folder
    with (
        FolderLock.hold(folder),
        ByteBar(world, "unpacking the backup", quiet=as_json) as progress,
    ):
        restored = restoring.restore(folder, source, now=world.clock(), progress=progress)
    _report(world, folder, restored, as_json=as_json)


def _report(world: World, folder: Path, restored: Restored, *, as_json: bool) -> None:
    manifest = restored.manifest
    if as_json:
        print_json(
            world,
            {
                "data_folder": folder,
                "position": str(manifest.position),
                "entries": manifest.counts.entries,
                "epoch": restored.epoch,
                "replaced": restored.replaced,
            },
        )
        return
    position = manifest.position
    say(world, f"restored   {folder}")
    say(world, f"holds      {counted(manifest.counts.entries, 'entry', 'entries')}")
    say(
        world,
        f"position   {position.epoch}:{position.seq}; what is written next has epoch "
        f"{restored.epoch}",
    )
    say(world, f"size       {size(manifest.file.size)}; the indexes are built at the next start")
    if restored.replaced is not None:
        say(world, f"before     {restored.replaced}  (delete it when you are content)")
