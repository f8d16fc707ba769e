"""`memory-service status` and `version`."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

import typer

from memory_service.cli.options import JsonOption, KeyFileOption, UrlOption
from memory_service.cli.output import a_table, add, print_json, say
from memory_service.cli.world import Address, world_of

if TYPE_CHECKING:
    from agent_client.models import ModelStatus, Reembed


def status(
    context: typer.Context,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the daemon holds, and which model serves."""
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace="default")) as client:
        found = client.status()
    if as_json:
        print_json(world, found)
        return
    table = a_table("", "")
    table.show_header = False
    add(table, "version", found.version)
    add(table, "role", found.role if found.writable else f"{found.role}, read only")
    add(table, "running for", timedelta(seconds=int(found.uptime_seconds)))
    add(table, "process", found.process_id)
    add(table, "namespaces", f"{found.namespaces:,}")
    waiting = f", {found.pending:,} without their vectors yet" if found.pending else ""
    add(table, "entries", f"{found.entries:,}{waiting}")
    add(table, "model", _model(found.model))
    if found.reembed:
        add(table, "on its way", _reembed(found.reembed))
    if found.background_error:
        add(table, "failing", f"{found.background_error}; the daemon's log says more")
    if found.damage:
        add(table, "DAMAGED", found.damage)
    add(table, "data folder", found.data_folder)
    if found.disk in ("warning", "full"):
        refused = ", writes are refused" if found.disk == "full" else ""
        add(table, "disk", f"{found.disk_percent:.0f} % full{refused}")
    add(table, "position", found.position.rpartition(":")[0])
    world.out.print(table)


def version(context: typer.Context, as_json: JsonOption = False) -> None:
    """Print the version of this program."""
    world = world_of(context)
    try:
        number = installed_version("memory-service")
    except PackageNotFoundError:
        number = "not installed"
    if as_json:
        print_json(world, {"version": number})
    else:
        say(world, f"memory-service {number}")


def _reembed(reembed: Reembed) -> str:
    """Which other model is to serve, and how far it is."""
    detail = f": {reembed.detail}" if reembed.detail else ""
    return f"{reembed.model} ({reembed.state}, {reembed.done:,} of {reembed.total:,}){detail}"


def _model(model: ModelStatus) -> str:
    """Which model serves from where, or why none does."""
    if model.state == "ready":
        return f"{model.name} ({model.dimensions} dimensions, {model.source})"
    return f"{model.state}: {model.detail}"
