"""`memory-service serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.options import ConfigOption, DataFolderOption
from memory_service.cli.output import tell
from memory_service.cli.progress import ByteBar
from memory_service.cli.world import World, world_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory_service.settings import LoadedSettings


def serve(
    context: typer.Context,
    data_folder: DataFolderOption = None,
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="The address to listen on.", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", help="The port to listen on; 0 takes a free one.", show_default=False
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="auto, a name, or a folder.", show_default=False),
    ] = None,
    models_folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="One more folder to look for models in.", show_default=False
        ),
    ] = None,
    allow_download: Annotated[
        bool | None,
        typer.Option(
            "--allow-download/--no-download",
            help="Whether a model may be downloaded.",
            show_default=False,
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="debug, info, warning or error.", show_default=False),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Run the daemon until it is stopped (Ctrl-C or SIGTERM).

    Every setting may also stand in the settings file or the environment: see
    `memory-service config`.
    """
    world = world_of(context)
    flags: dict[str, object] = {
        "data_folder": data_folder,
        "host": host,
        "port": port,
        "model": model,
        "models_folder": models_folder,
        "allow_download": allow_download,
        "log_level": log_level,
    }
    settings = loaded(world, config, flags).settings
    from memory_service import app

    with ByteBar(world, "downloading the model") as progress:
        app.serve(settings, progress=progress)


def loaded(
    world: World, config: Path | None, flags: Mapping[str, object] | None = None
) -> LoadedSettings:
    """The settings that hold; what was not understood is said on standard error.

    Raises:
        ConfigurationError: If the file cannot be read or a value is not allowed.
    """
    from memory_service.settings import load_settings, read_settings_file

    file = read_settings_file(config, world.environ)
    result = load_settings(flags=flags or {}, environ=world.environ, file=file)
    for warning in result.warnings:
        tell(world, f"Warning: {warning}")
    return result
