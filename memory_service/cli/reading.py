"""`memory-service get`, `list` and `sessions`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.options import (
    AsOfOption,
    FilterOption,
    JsonOption,
    KeyFileOption,
    NamespaceOption,
    UrlOption,
)
from memory_service.cli.output import (
    a_table,
    add,
    counted,
    day,
    minute,
    parsed_filter,
    plain,
    print_json,
    safe,
    say,
    tell,
)
from memory_service.cli.world import Address, World, world_of
from memory_service.errors import ConfigurationError
from memory_service.model.read import Order

if TYPE_CHECKING:
    from agent_client.models import Entry, Page, SessionPage

_SHORT = 160
LimitOption = Annotated[
    int, typer.Option("--limit", "-k", metavar="N", min=1, max=1000, help="The most to print.")
]
CursorOption = Annotated[
    str | None,
    typer.Option(metavar="CURSOR", help="Where the last page ended.", show_default=False),
]


def get(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="Which entry.", show_default=False)],
    neighbours: Annotated[
        int, typer.Option(metavar="N", min=0, max=100, help="Also N turns before and after it.")
    ] = 0,
    as_of: AsOfOption = None,
    namespace: NamespaceOption = "default",
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one entry, all of it."""
    if as_of and neighbours:
        raise ConfigurationError("--neighbours are those of now, and do not go with --as-of.")
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        entry = client.get(id, as_of=as_of)
        around = client.neighbours(id, count=neighbours) if neighbours else None
    if as_json:
        print_json(world, _with_neighbours(entry, around) if around else entry)
        return
    _print_entry(world, entry)
    if around:
        say(world, "")
        world.out.print(_table([*around.before, entry, *around.after]))


def list_entries(
    context: typer.Context,
    namespace: NamespaceOption = "default",
    filter: FilterOption = None,
    order: Annotated[
        Order, typer.Option(help="As they were written, or by their place in the session.")
    ] = Order.WRITTEN,
    limit: LimitOption = 20,
    cursor: CursorOption = None,
    as_of: AsOfOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print entries, a page at a time."""
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        page = client.list(
            filter=parsed_filter(filter),
            order=order.value,
            limit=limit,
            cursor=cursor,
            as_of=as_of,
        )
    _print_page(world, page, as_json=as_json)


def sessions(
    context: typer.Context,
    session: Annotated[
        str | None,
        typer.Argument(metavar="SESSION", help="Print its turns.", show_default=False),
    ] = None,
    namespace: NamespaceOption = "default",
    limit: LimitOption = 50,
    cursor: CursorOption = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the conversations, or the turns of one in their order."""
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        if session is None:
            listed = client.sessions(limit=limit, cursor=cursor)
            _print_sessions(world, listed, as_json=as_json)
        else:
            page = client.session(session, limit=limit, cursor=cursor)
            _print_page(world, page, as_json=as_json)


def _with_neighbours(entry: Entry, around: object) -> dict[str, object]:
    """The entry as JSON with `before` and `after` beside its fields, as the API gives it."""
    whole, beside = plain(entry), plain(around)
    assert isinstance(whole, dict)  # noqa: S101 (dataclasses become objects)
    assert isinstance(beside, dict)  # noqa: S101
    return {**whole, **beside}


def _print_entry(world: World, entry: Entry) -> None:
    """The text, then every field that is set."""
    say(world, entry.text)
    say(world, "")
    table = a_table("", "")
    table.show_header = False
    fields = plain(entry)
    assert isinstance(fields, dict)  # noqa: S101
    for name, value in fields.items():
        if name != "text" and value not in (None, "", [], {}):
            add(table, name, _in_words(value))
    world.out.print(table)


def _in_words(value: object) -> object:
    """A field's value for people."""
    if isinstance(value, list):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | bool) else value


def _print_page(world: World, page: Page, *, as_json: bool) -> None:
    if as_json:
        print_json(world, page)
        return
    if page.entries:
        world.out.print(_table(page.entries))
    else:
        say(world, "There are no entries here.")
    if page.missing:
        gone = counted(page.missing, "entry was", "entries were")
        tell(world, f"{gone} there then, and not kept as they were.")
    _say_next(world, page.next_cursor)


def _print_sessions(world: World, listed: SessionPage, *, as_json: bool) -> None:
    if as_json:
        print_json(world, listed)
        return
    table = a_table("session", "entries", "first", "last", right=("entries",))
    for one in listed.sessions:
        add(table, one.session, f"{one.entries:,}", minute(one.first_time), minute(one.last_time))
    if listed.sessions:
        world.out.print(table)
    else:
        say(world, "There are no sessions here.")
    _say_next(world, listed.next_cursor)


def _table(entries: Sequence[Entry]) -> object:
    table = a_table("id", "who, when", "text")
    for entry in entries:
        who = "\n".join(filter(None, [entry.speaker, day(entry.event_time)]))
        text = " ".join(safe(entry.text).split())
        add(table, entry.id, who, text if len(text) <= _SHORT else text[:_SHORT] + " …")
    return table


def _say_next(world: World, cursor: str | None) -> None:
    if cursor:
        say(world, "")
        say(world, f"There is more: --cursor {cursor}")
