"""`memory-service config`: which settings hold, and where each came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from memory_service.cli.options import ConfigOption, JsonOption
from memory_service.cli.output import a_table, add, print_json, say
from memory_service.cli.serve import loaded
from memory_service.cli.world import World, world_of
from memory_service.settings import (
    all_settings,
    home_of,
    settings_path,
    shown,
    write_setting,
)

app = typer.Typer(help="Which settings hold, and where each came from.")


@app.callback(invoke_without_command=True)
def config(context: typer.Context, file: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Which settings hold, and where each came from."""
    if context.invoked_subcommand is None:
        _show(world_of(context), file, as_json=as_json)


@app.command()
def show(context: typer.Context, file: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Print every setting with its value and its source."""
    _show(world_of(context), file, as_json=as_json)


@app.command()
def path(context: typer.Context, file: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Print where the settings file is, or would be."""
    world = world_of(context)
    place = settings_path(file, world.environ)
    if as_json:
        print_json(world, {"path": place, "exists": place.exists()})
    else:
        say(world, str(place))


@app.command()
def validate(
    context: typer.Context, file: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Check the settings without starting anything."""
    world = world_of(context)
    result = loaded(world, file)
    if as_json:
        print_json(world, {"valid": True, "warnings": result.warnings})
    elif result.warnings:
        say(world, "The settings are allowed; see the warnings above.")
    else:
        say(world, "The settings are allowed.")


@app.command("set")
def set_value(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The setting.", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Its value.", show_default=False)],
    file: ConfigOption = None,
) -> None:
    """Write one setting into the settings file; the rest of the file stays as it is."""
    world = world_of(context)
    place = settings_path(file, world.environ)
    write_setting(place, key, value, home=home_of(world.environ))
    say(world, f"{key} is set in {place}; it takes effect when the daemon starts again.")


def _show(world: World, file: Path | None, *, as_json: bool) -> None:
    result = loaded(world, file)
    rows = [
        (setting.key, getattr(result.settings, setting.key), result.sources[setting.key])
        for setting in all_settings()
    ]
    if as_json:
        print_json(world, {key: {"value": value, "source": source} for key, value, source in rows})
        return
    table = a_table("setting", "value", "from")
    for key, value, source in rows:
        add(table, key, shown(value), "file" if source.startswith("file ") else source)
    world.out.print(table)
    say(world, "")
    place = settings_path(file, world.environ)
    say(world, f"file: {place}" if place.exists() else f"file: {place} (there is none)")
