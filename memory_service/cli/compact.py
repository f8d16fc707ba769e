"""`memory-service compact`: the store without what is no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from memory_service.cli.keeping import place_of, size
from memory_service.cli.options import (
    ConfigOption,
    DataFolderOption,
    JsonOption,
    KeyFileOption,
    UrlOption,
)
from memory_service.cli.output import print_json, say
from memory_service.cli.world import World, world_of

if TYPE_CHECKING:
    from agent_client.models import Compacted
    from memory_service.cli.keeping import Place
    from memory_service.model.keeping import CompactReport


def compact(
    context: typer.Context,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the store anew, so that no byte of what was purged is left in its files.

    Works through the daemon, which goes on serving, or without one.
    """
    world = world_of(context)
    place = place_of(world, data_folder=data_folder, config=config, url=url, key_file=key_file)
    with world.err.status("writing the store anew …"):
        found = _compacted(world, place)
    _report(world, found, as_json=as_json)


def _compacted(world: World, place: Place) -> Compacted | CompactReport:
    if place.settings is None:
        with world.connect(place.address) as client:
            return client.compact()
    from memory_service import app

    with app.opened_store(place.settings) as store:
        return store.compact()


def _report(world: World, found: Compacted | CompactReport, *, as_json: bool) -> None:
    if as_json:
        print_json(
            world,
            {
                "position": str(found.position),
                "bytes_before": found.bytes_before,
                "bytes_after": found.bytes_after,
                "writes_waited": found.writes_waited,
                "removed": found.removed,
                "not_covered": found.not_covered,
            },
        )
        return
    say(world, f"size         {size(found.bytes_before)} before, {size(found.bytes_after)} now")
    say(world, f"writes       waited {found.writes_waited * 1000:.0f} ms")
    for name in found.removed:
        say(world, f"removed      {name}")
    for name in found.not_covered:
        say(world, f"not covered  {name}; what was purged since may still be in it")
