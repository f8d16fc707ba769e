"""The program: its commands, and where every error ends."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from memory_service.cli import (
    backup,
    compact,
    config,
    evaluate,
    exporting,
    forget,
    history,
    importing,
    model,
    namespaces,
    reading,
    recall,
    reembed,
    remember,
    restore,
    serve,
    service,
    status,
    verify,
)
from memory_service.cli.exit_codes import EXIT_CODES, ExitCode
from memory_service.cli.failures import report
from memory_service.cli.runner import SystemRunner
from memory_service.cli.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="memory-service",
    help="A local memory for agents: remember, recall, forget.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve", rich_help_panel="Daemon")(serve.serve)
app.command("status", rich_help_panel="Daemon")(status.status)
app.command("verify", rich_help_panel="Daemon")(verify.verify)
app.add_typer(service.app, name="service", rich_help_panel="Daemon")
app.add_typer(model.app, name="model", rich_help_panel="Daemon")
app.command("reembed", rich_help_panel="Daemon")(reembed.reembed)
app.add_typer(config.app, name="config", rich_help_panel="Daemon")
app.command("backup", rich_help_panel="Keeping")(backup.backup)
app.command("restore", rich_help_panel="Keeping")(restore.restore)
app.command("compact", rich_help_panel="Keeping")(compact.compact)
app.command("version", rich_help_panel="Daemon")(status.version)
app.command("remember", rich_help_panel="Memory")(remember.remember)
app.command("recall", rich_help_panel="Memory")(recall.recall)
app.command("eval", rich_help_panel="Memory")(evaluate.evaluate)
app.command("forget", rich_help_panel="Memory")(forget.forget)
app.command("get", rich_help_panel="Memory")(reading.get)
app.command("history", rich_help_panel="Memory")(history.history)
app.command("list", rich_help_panel="Memory")(reading.list_entries)
app.command("sessions", rich_help_panel="Memory")(reading.sessions)
app.add_typer(namespaces.app, name="namespaces", rich_help_panel="Memory")
app.command("import", rich_help_panel="Memory")(importing.import_entries)
app.command("export", rich_help_panel="Memory")(exporting.export_entries)


def main(arguments: Sequence[str] | None = None, *, world: World | None = None) -> int:
    """Run one command and give its exit code.

    Args:
        arguments: The words after the program's name; those of this process by default.
        world: What the command touches; this machine by default.
    """
    world = world or _this_machine()
    try:
        app(arguments, prog_name="memory-service", obj=world)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:  # noqa: BLE001 (the program's border: every error becomes a line)
        return report(error, world)
    return ExitCode.OK


def _this_machine() -> World:
    from rich.console import Console

    from memory_service.cli.connecting import connector

    return World(
        environ=os.environ,
        stdin=sys.stdin.buffer,
        out=Console(),
        err=Console(stderr=True),
        connect=connector(os.environ),
        run=SystemRunner(),
        clock=lambda: datetime.now(UTC),
    )
