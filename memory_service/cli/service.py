"""`memory-service service`: the daemon as a systemd user unit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.exit_codes import ExitCode
from memory_service.cli.options import ConfigOption, DataFolderOption, JsonOption
from memory_service.cli.output import print_json, say, tell
from memory_service.cli.serve import loaded
from memory_service.cli.unit import UNIT_NAME, unit_text
from memory_service.cli.world import World, world_of
from memory_service.errors import ConfigurationError
from memory_service.settings import default_unit_folder

if TYPE_CHECKING:
    from memory_service.cli.runner import Finished

app = typer.Typer(
    help="Run the daemon as a systemd user unit that comes back after a fault.",
    no_args_is_help=True,
)


@app.command()
def install(
    context: typer.Context,
    data_folder: DataFolderOption = None,
    config: ConfigOption = None,
    now: Annotated[bool, typer.Option("--now", help="Start it as well.")] = False,
) -> None:
    """Write the unit and have it start at login; doing it again renews it."""
    world = world_of(context)
    _need(world, "systemctl")
    result = loaded(world, config, {"data_folder": data_folder})
    command = [sys.executable, "-m", "memory_service", "serve"]
    command += ["--data-folder", str(result.settings.data_folder)]
    command += ["--config", str(config.absolute())] if config else []
    unit = _unit(world)
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(unit_text(command), encoding="utf-8")
    _systemctl(world, "daemon-reload")
    _systemctl(world, "enable", *(["--now"] if now else []), UNIT_NAME)
    _say_what_the_unit_does_not_see(world)
    say(world, f"Installed {unit}.")
    if not now:
        say(world, "Start it with `memory-service service start`.")


@app.command()
def start(context: typer.Context) -> None:
    """Start the daemon in the background."""
    world = world_of(context)
    _need_unit(world)
    _systemctl(world, "start", UNIT_NAME)
    say(world, "Started; `memory-service service logs` shows what it says.")


@app.command()
def stop(context: typer.Context) -> None:
    """Stop the daemon after what it is doing now."""
    world = world_of(context)
    _need_unit(world)
    _systemctl(world, "stop", UNIT_NAME)
    say(world, "Stopped.")


@app.command()
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Whether the unit is installed and running; 1 if it is not running."""
    world = world_of(context)
    _need(world, "systemctl")
    installed = _unit(world).exists()
    active = _ask(world, "is-active").output.strip() or "unknown"
    enabled = _ask(world, "is-enabled").output.strip() or "unknown"
    if as_json:
        print_json(world, {"installed": installed, "active": active, "enabled": enabled})
    elif installed:
        say(world, f"{UNIT_NAME} is {active} and {enabled}.")
    else:
        say(world, "Not installed; `memory-service service install` does it.")
    if active != "active":
        raise typer.Exit(ExitCode.REFUSED)


@app.command()
def logs(
    context: typer.Context,
    lines: Annotated[int, typer.Option("--lines", metavar="N", min=1, help="How many.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
) -> None:
    """Print what the daemon logged last."""
    world = world_of(context)
    _need(world, "journalctl")
    command = ["journalctl", "--user-unit", UNIT_NAME, "--lines", str(lines), "--no-pager"]
    ended = world.run([*command, *(["--follow"] if follow else [])], capture=False)
    raise typer.Exit(ended.code)


@app.command()
def uninstall(context: typer.Context) -> None:
    """Stop the daemon and remove the unit; the data folder stays."""
    world = world_of(context)
    _need_unit(world)
    _systemctl(world, "disable", "--now", UNIT_NAME)
    _unit(world).unlink()
    _systemctl(world, "daemon-reload")
    say(world, "Removed the unit. The data folder is as it was.")


def _unit(world: World) -> Path:
    """Where the unit lies."""
    return default_unit_folder(world.environ) / UNIT_NAME


def _need(world: World, program: str) -> None:
    """Refuse where there is no systemd."""
    if not world.run.has(program):
        raise ConfigurationError(
            f"There is no systemd here ({program} is missing). Run `memory-service serve` under "
            "a supervisor of your own."
        )


def _need_unit(world: World) -> None:
    """Refuse where there is no systemd, or no unit of ours."""
    _need(world, "systemctl")
    if not _unit(world).exists():
        raise ConfigurationError(
            f"{UNIT_NAME} is not installed; `memory-service service install` does it."
        )


def _ask(world: World, verb: str) -> Finished:
    """A question to systemd; its answer may come with any exit code."""
    return world.run(["systemctl", "--user", verb, UNIT_NAME], capture=True)


def _systemctl(world: World, *words: str) -> None:
    """Have systemd do something.

    Raises:
        ConfigurationError: With what systemd said, if it refused.
    """
    ended = world.run(["systemctl", "--user", *words], capture=True)
    if ended.code:
        said = " ".join(ended.output.split()) or f"exit code {ended.code}"
        raise ConfigurationError(f"`systemctl --user {' '.join(words)}` failed: {said}")


def _say_what_the_unit_does_not_see(world: World) -> None:
    ours = sorted(name for name in world.environ if name.startswith("MEMORY_SERVICE_"))
    if ours:
        tell(
            world,
            f"Warning: the unit does not see {', '.join(ours)} of this shell; use "
            "`memory-service config set` for what should hold.",
        )
