"""`memory-service history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.options import JsonOption, KeyFileOption, NamespaceOption, UrlOption
from memory_service.cli.output import a_table, add, minute, print_json, safe
from memory_service.cli.world import Address, World, world_of

if TYPE_CHECKING:
    from agent_client.models import History


def history(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="Which entry.", show_default=False)],
    limit: Annotated[
        int, typer.Option("--limit", "-k", metavar="N", min=1, max=1000, help="The most to print.")
    ] = 100,
    namespace: NamespaceOption = "default",
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the versions of an entry that are kept, the newest first."""
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        found = client.history(id, limit=limit)
    if as_json:
        print_json(world, found)
    else:
        _print(world, found)


def _print(world: World, found: History) -> None:
    table = a_table("version", "from", "until", "text", right=("version",))
    for one in found.versions:
        until = f"{minute(one.until)} {one.ended}" if one.until else "now"
        text = " ".join(safe(one.entry.text).split())
        add(table, one.entry.version, minute(one.entry.updated_at), until, text)
    world.out.print(table)
