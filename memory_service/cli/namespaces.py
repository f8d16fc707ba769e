"""`memory-service namespaces`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.expiry_days import setting_in_words, with_expiry
from memory_service.cli.forget import confirmed
from memory_service.cli.options import JsonOption, KeyFileOption, UrlOption, YesOption
from memory_service.cli.output import a_table, add, counted, print_json, say
from memory_service.cli.world import Address, World, world_of

if TYPE_CHECKING:
    from agent_client import MemoryClient

app = typer.Typer(help="List, create, set and drop namespaces.")

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The namespace.", show_default=False)
]


@app.callback(invoke_without_command=True)
def namespaces(
    context: typer.Context,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """List, create, set and drop namespaces; alone, it lists them."""
    if context.invoked_subcommand is None:
        _list(world_of(context), _address(url, key_file), as_json=as_json)


@app.command("list")
def list_namespaces(
    context: typer.Context,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print every namespace and how much it holds."""
    _list(world_of(context), _address(url, key_file), as_json=as_json)


@app.command()
def create(
    context: typer.Context,
    name: NameArgument,
    language: Annotated[
        str | None,
        typer.Option(metavar="LANGUAGE", help="How its words are stemmed.", show_default=False),
    ] = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a namespace, or set the language of one that is still empty."""
    world = world_of(context)
    settings = {"language": language} if language else {}
    with world.connect(_address(url, key_file)) as client:
        position = client.configure_namespace(name, settings)
    if as_json:
        print_json(world, {"name": name, "settings": settings, "position": position})
    else:
        say(world, f"{name} is there.")


@app.command("set")
def set_expiry(
    context: typer.Context,
    name: NameArgument,
    expires: Annotated[
        list[str],
        typer.Option(
            metavar="KIND=DAYS",
            help="Entries of this kind expire after so many days; `never` ends that. Repeatable.",
            show_default=False,
        ),
    ],
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set after how many days entries of a kind expire, from the next one written on."""
    world = world_of(context)
    with world.connect(_address(url, key_file)) as client:
        days = with_expiry(_expiry_of(client, name), expires)
        position = client.configure_namespace(name, {"expiry_days": days})
    if as_json:
        print_json(world, {"name": name, "settings": {"expiry_days": days}, "position": position})
    else:
        say(world, f"{name}: {setting_in_words('expiry_days', days)}")


def _expiry_of(client: MemoryClient, name: str) -> Mapping[str, float]:
    """Days by kind as they are set; none where there is no such namespace yet."""
    for one in client.namespaces():
        days = one.settings.get("expiry_days")
        if one.name == name and isinstance(days, Mapping):
            return days
    return {}


@app.command()
def drop(
    context: typer.Context,
    name: NameArgument,
    yes: YesOption = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a namespace and every entry in it. There is no way back."""
    world = world_of(context)
    with world.connect(_address(url, key_file)) as client:
        if not yes:
            held = sum(one.entries for one in client.namespaces() if one.name == name)
            confirmed(world, f"Drop {name} and its {counted(held, 'entry', 'entries')}?")
        dropped = client.drop_namespace(name)
    if as_json:
        print_json(world, dropped)
    else:
        number = counted(dropped.forgotten, "entry", "entries")
        say(world, f"Dropped {name} with {number}.")


def _address(url: str | None, key_file: Path | None) -> Address:
    return Address(url=url, key_file=key_file, namespace="default")


def _list(world: World, address: Address, *, as_json: bool) -> None:
    with world.connect(address) as client:
        found = client.namespaces()
    if as_json:
        print_json(world, {"namespaces": found})
        return
    if not found:
        say(world, "There are no namespaces yet; the first entry makes one.")
        return
    table = a_table("namespace", "entries", "pending", "settings", right=("entries", "pending"))
    for one in found:
        settings = ", ".join(setting_in_words(*each) for each in one.settings.items())
        add(table, one.name, f"{one.entries:,}", f"{one.pending:,}", settings)
    world.out.print(table)
