"""`memory-service reembed`: let another model serve the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.connecting import daemon_of
from memory_service.cli.model import checked_model
from memory_service.cli.options import ConfigOption, DataFolderOption, JsonOption
from memory_service.cli.output import counted, print_json, say, tell
from memory_service.cli.progress import progress_bar
from memory_service.cli.serve import loaded
from memory_service.cli.world import World, world_of
from memory_service.errors import ConfigurationError, DataFolderHeldError, ModelNotFoundError

if TYPE_CHECKING:
    from agent_client.models import Reembed, Status
    from memory_service.engine.next_models import ReembedStatus
    from memory_service.engine.requests import EngineStatus
    from memory_service.settings import Settings

#: Seconds between two looks at how far it is.
_LOOK = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far another model is; `state` and `detail` as the service's status has them."""

    model: str
    state: str
    done: int
    total: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look at the store saw: the model that serves, and one on its way."""

    model: str | None
    dimensions: int | None
    entries: int
    reembed: Progress | None


Look = Callable[[], Seen]


def reembed(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="The model that is to serve.", show_default=False),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Say how far it is.")] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Give it up; the model that serves stays.")
    ] = False,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Embed every entry with another model, then let it serve; until then the old one does.

    A running daemon does the work in the background, and goes on with it after a restart;
    Ctrl-C ends the progress bar, not the work. Without a daemon this command does it itself, and
    the next one goes on where it was interrupted.
    """
    world = world_of(context)
    if (model is not None) + status + cancel != 1:
        raise ConfigurationError("Say one of --model MODEL, --status and --cancel.")
    settings = loaded(world, config, {"data_folder": data_folder}).settings
    if model is not None:
        _reembed(world, settings, model, as_json=as_json)
    elif cancel:
        _cancel(world, settings, as_json=as_json)
    else:
        _status(world, settings, as_json=as_json)


def _reembed(world: World, settings: Settings, model: str, *, as_json: bool) -> None:
    from memory_service.data_folder import prepare, wish_model

    name = checked_model(model, settings)
    if name == "auto":
        raise ConfigurationError("Name the model that is to serve; `auto` names none.")
    prepare(settings.data_folder)
    wish_model(settings.data_folder, name)
    with _working(world, settings) as look:
        _follow(world, settings, look, quiet=as_json)
        now = look()
    if as_json:
        print_json(
            world, {"model": now.model, "dimensions": now.dimensions, "entries": now.entries}
        )
        return
    say(world, f"{now.model} serves {counted(now.entries, 'entry', 'entries')}.")
    if settings.model not in ("auto", name, now.model):
        tell(
            world,
            f"The settings still name {settings.model}, with which the daemon would not start; "
            "run `memory-service model use auto`.",
        )


def _cancel(world: World, settings: Settings, *, as_json: bool) -> None:
    from memory_service.data_folder import wished_model

    model = wished_model(settings.data_folder)
    _give_up(world, settings)
    if as_json:
        print_json(world, {"cancelled": model or None})
    else:
        say(world, f"{model} was given up." if model else "No other model was on its way.")


def _give_up(world: World, settings: Settings) -> None:
    """Withdraw the wish, and tell a daemon; without one its next start sees it."""
    from memory_service.data_folder import withdraw_wish

    withdraw_wish(settings.data_folder)
    if _is_held(settings):
        with world.connect(daemon_of(settings.data_folder)) as client:
            client.reembed()


def _status(world: World, settings: Settings, *, as_json: bool) -> None:
    from memory_service.data_folder import wished_model

    progress = None
    if _is_held(settings):
        with world.connect(daemon_of(settings.data_folder)) as client:
            progress = _seen_through(client.status()).reembed
    elif model := wished_model(settings.data_folder):
        detail = "no daemon runs; start one, or run this command with --model again"
        progress = Progress(model=model, state="stopped", done=0, total=0, detail=detail)
    if as_json:
        print_json(world, {"reembed": progress})
    elif progress is None:
        say(world, "No other model is on its way.")
    else:
        say(world, _line(progress))


def _line(progress: Progress) -> str:
    counts = f" {progress.done:,} of {progress.total:,} entries" if progress.total else ""
    detail = f" ({progress.detail})" if progress.detail else ""
    return f"{progress.model}: {progress.state}{counts}{detail}"


def _is_held(settings: Settings) -> bool:
    """Whether a daemon, or this command in another window, has the data folder."""
    from memory_service.data_folder import FolderLock

    try:
        FolderLock.hold(settings.data_folder).release()
    except DataFolderHeldError:
        return True
    return False


@contextmanager
def _working(world: World, settings: Settings) -> Iterator[Look]:
    """Have a daemon do what is wished, or do it in this process while this is open."""
    if _is_held(settings):
        with world.connect(daemon_of(settings.data_folder)) as client:
            client.reembed()
            yield lambda: _seen_through(client.status())
        return
    from memory_service.app import create_engine

    engine = create_engine(replace(settings, model="auto"), clock=world.clock)
    try:
        yield lambda: _seen_in(engine.status())
    finally:
        engine.close()


def _follow(
    world: World,
    settings: Settings,
    look: Look,
    *,
    quiet: bool,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Show how far it is until it is done.

    Raises:
        ModelNotFoundError: If the model was refused; the wish is withdrawn.
    """
    total = look().entries
    with progress_bar(world, "embedding anew", total=total, quiet=quiet) as advance:
        while (now := look().reembed) is not None:
            if now.state == "refused":
                _give_up(world, settings)
                raise ModelNotFoundError(now.detail)
            advance(now.done, now.done)
            wait(_LOOK)


def _seen_through(status: Status) -> Seen:
    """What a daemon says."""
    return Seen(
        model=status.model.name,
        dimensions=status.model.dimensions,
        entries=status.entries,
        reembed=_progress(status.reembed) if status.reembed else None,
    )


def _seen_in(status: EngineStatus) -> Seen:
    """What an engine in this process says."""
    identity = status.model.identity
    return Seen(
        model=identity.name if identity else None,
        dimensions=identity.dimensions if identity else None,
        entries=status.entries,
        reembed=_progress(status.reembed) if status.reembed else None,
    )


def _progress(one: Reembed | ReembedStatus) -> Progress:
    return Progress(
        model=one.model, state=one.state, done=one.done, total=one.total, detail=one.detail
    )
