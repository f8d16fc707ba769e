"""`memory-service model`: which models there are, fetching one, choosing one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.options import ConfigOption, DataFolderOption, JsonOption
from memory_service.cli.output import a_table, add, print_json, say, tell
from memory_service.cli.progress import ByteBar
from memory_service.cli.serve import loaded
from memory_service.cli.world import World, world_of
from memory_service.errors import ConfigurationError, ModelNotFoundError
from memory_service.settings import home_of, settings_path, write_setting

if TYPE_CHECKING:
    from memory_service.embedding.hub import Hub
    from memory_service.embedding.listing import ListedModel
    from memory_service.embedding.search import ModelChoice
    from memory_service.settings import Settings

app = typer.Typer(
    help="Which models there are; fetch one, choose one. Works while the daemon is stopped.",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model's name.", show_default=False)
]
_SOURCES = {
    "models_folder": "a models folder",
    "hub_cache": "the hub's cache",
    "offline_extra": "the offline extra",
    "none": "not on this machine",
}


@app.command("list")
def list_models(
    context: typer.Context,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the models on this machine in the order an empty store would take them, then others."""
    from memory_service.embedding import listing

    world = world_of(context)
    settings = loaded(world, config, {"data_folder": data_folder}).settings
    found = listing.list_models(_folders(settings))
    if as_json:
        print_json(world, {"chosen": settings.model, "models": found})
        return
    table = a_table("model", "where", "MB", "licence", right=("MB",))
    for model in found:
        add(table, *_row(model))
    world.out.print(table)
    say(world, "")
    say(world, f"Chosen: {settings.model}. `memory-service status` says which one serves.")


@app.command()
def pull(
    context: typer.Context,
    name: NameArgument,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download a known model into the data folder; the daemon must be stopped."""
    from memory_service.data_folder import FolderLock
    from memory_service.embedding.hub import HuggingFaceHub
    from memory_service.embedding.pulling import pull_model

    world = world_of(context)
    settings = loaded(world, config, {"data_folder": data_folder}).settings
    hub = HuggingFaceHub()
    with FolderLock.hold(settings.data_folder):
        folder = settings.data_folder / "models"
        _need_hub(name, folder, settings, hub)
        with ByteBar(world, f"downloading {name}", quiet=as_json) as advance:
            place = pull_model(name, folder, hub=hub, progress=advance)
    if as_json:
        print_json(world, {"name": name, "path": place})
    else:
        say(world, f"{name} is in {place}.")


@app.command("compile")
def compile_model(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="By default the one of the settings."),
    ] = None,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile a model that is on this machine now, rather than at the daemon's first start.

    Takes half a minute the first time, and says how the model will run.
    """
    from memory_service.embedding.resolve import Sources, resolve_model
    from memory_service.embedding.serving import load_model

    world = world_of(context)
    settings = loaded(world, config, {"data_folder": data_folder, "model": name}).settings
    sources = Sources(load=partial(load_model, told=lambda doing: tell(world, f"{doing} …")))
    found = resolve_model(_choice(settings), sources=sources)
    if found.embedder is None:
        raise ModelNotFoundError(found.detail)
    found.embedder.close()
    if as_json:
        print_json(world, {"name": found.embedder.identity.name, "detail": found.detail})
    else:
        say(world, found.detail)


@app.command()
def use(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="auto, a model's name, or a model's folder.", show_default=False
        ),
    ],
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the choice into the settings file; it holds from the daemon's next start.

    A store that holds vectors of one model refuses to start with another.
    """
    world = world_of(context)
    settings = loaded(world, config, {"data_folder": data_folder}).settings
    chosen = checked_model(name, settings)
    place = settings_path(config, world.environ)
    write_setting(place, "model", chosen, home=home_of(world.environ))
    say(world, f"model = {chosen} is set in {place}; it holds from the daemon's next start.")
    _say_if_hidden(world)


def _folders(settings: Settings) -> tuple[Path, ...]:
    """Where models are looked for, first to last."""
    from memory_service.embedding.places import models_folders

    extra = (settings.models_folder,) if settings.models_folder else ()
    return (*extra, *models_folders(settings.data_folder))


def _choice(settings: Settings) -> ModelChoice:
    """The model of the settings, as a store without vectors would take it from this machine."""
    from memory_service.embedding.places import compiled_models
    from memory_service.embedding.search import ModelChoice
    from memory_service.embedding.serving import Running

    return ModelChoice(
        name=settings.model,
        folders=_folders(settings),
        running=Running(
            threads=settings.model_threads,
            precision=settings.precision,
            compiled=settings.compiled_folder or compiled_models(settings.data_folder),
        ),
    )


def _row(model: ListedModel) -> tuple[object, ...]:
    where = _SOURCES.get(model.source, model.source)
    name = f"{model.name} (default)" if model.default else model.name
    return name, where, model.megabytes or "", model.licence


def _need_hub(name: str, folder: Path, settings: Settings, hub: Hub) -> None:
    """Refuse a download that is forbidden or cannot work, before anything is tried.

    Raises:
        ConfigurationError: If downloads are forbidden.
        ModelNotFoundError: If the hub gives no sign of life.
    """
    from memory_service.embedding.catalogue import find_known

    model = find_known(name)
    if model is None or (folder / model.folder_name).exists():
        return
    if not settings.allow_download:
        raise ConfigurationError(
            "allow_download is false; set it to true, or place the model by hand."
        )
    silence = hub.silence(model, settings.hub_probe_seconds)
    if silence:
        raise ModelNotFoundError(
            f"{model.name} cannot be downloaded: {silence}. Place it by hand as models/README.md "
            "says."
        )


def checked_model(name: str, settings: Settings) -> str:
    """The choice in its full form, if such a model is known or on this machine.

    Raises:
        ModelNotFoundError: If it is neither.
        ModelRefusedError: If a folder is not a model that may be loaded.
    """
    from memory_service.embedding.catalogue import find_known
    from memory_service.embedding.folder import inspect_folder
    from memory_service.embedding.listing import list_models
    from memory_service.embedding.pulling import unknown_model
    from memory_service.embedding.resolve import is_hashing

    if name == "auto" or is_hashing(name):
        return name
    if name.startswith(("/", "~/", "./", "../")):
        folder = Path(name).expanduser().absolute()
        inspect_folder(folder)
        return str(folder)
    known = find_known(name)
    here = [model.name for model in list_models(_folders(settings)) if model.path]
    if known is None and name not in here:
        raise unknown_model(name)
    return known.name if known else name


def _say_if_hidden(world: World) -> None:
    if world.environ.get("MEMORY_SERVICE_MODEL"):
        say(world, "MEMORY_SERVICE_MODEL is set as well, and goes before the file.")
