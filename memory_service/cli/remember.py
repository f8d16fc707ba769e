"""`memory-service remember`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from memory_service.cli.options import JsonOption, KeyFileOption, NamespaceOption, UrlOption
from memory_service.cli.output import print_json, say
from memory_service.cli.world import Address, World, world_of
from memory_service.engine.requests import EmbedMode
from memory_service.errors import ConfigurationError
from memory_service.model.write import OnConflict

_ENTRY = "The entry"
_TEXT = typer.Argument(metavar="TEXT", help="The text; - or nothing reads standard input.")


def _field(meaning: str, metavar: str = "TEXT") -> typer.models.OptionInfo:
    """An option for a field of the entry."""
    option: typer.models.OptionInfo = typer.Option(
        metavar=metavar, help=meaning, show_default=False, rich_help_panel=_ENTRY
    )
    return option


def remember(
    context: typer.Context,
    text: Annotated[str, _TEXT] = "-",
    id: Annotated[str | None, _field("Its id; made up if left out.", "ID")] = None,
    summary: Annotated[str | None, _field("A summary, found as the text is.")] = None,
    kind: Annotated[str | None, _field("What it is: fact, event …")] = None,
    scope: Annotated[str | None, _field("A path such as team/launch.", "PATH")] = None,
    tag: Annotated[list[str] | None, _field("A tag; may be repeated.")] = None,
    metadata: Annotated[
        list[str] | None, _field("A value of your own; may be repeated.", "KEY=VALUE")
    ] = None,
    session: Annotated[str | None, _field("The conversation it belongs to.")] = None,
    turn: Annotated[int | None, _field("Its place in there.", "N")] = None,
    speaker: Annotated[str | None, _field("Who said it.")] = None,
    source: Annotated[str | None, _field("Where it comes from.")] = None,
    event_time: Annotated[str | None, _field("When it happened.", "RFC3339")] = None,
    expires_at: Annotated[str | None, _field("When to hide it.", "RFC3339")] = None,
    on_conflict: Annotated[
        OnConflict, typer.Option(help="What to do if the id holds other content.")
    ] = OnConflict.ERROR,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Do not store an equal entry a second time.")
    ] = False,
    embed: Annotated[
        EmbedMode, typer.Option(help="Wait for the vector, or let it come later.")
    ] = EmbedMode.SYNC,
    namespace: NamespaceOption = "default",
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store one text."""
    world = world_of(context)
    entry: dict[str, object] = {
        "text": _text(world, text),
        "id": id,
        "summary": summary,
        "kind": kind,
        "scope": scope,
        "tags": tag or None,
        "metadata": dict(_pair(one) for one in metadata) if metadata else None,
        "session": session,
        "turn": turn,
        "speaker": speaker,
        "source": source,
        "event_time": event_time,
        "expires_at": expires_at,
    }
    given = {name: value for name, value in entry.items() if value is not None}
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        outcome = client.remember(
            given, on_conflict=on_conflict.value, collapse=collapse, embed=embed.value
        )
    if as_json:
        print_json(world, outcome)
        return
    say(world, f"{outcome.status}: {outcome.id}")
    if outcome.duplicate_of:
        say(world, f"Equal in content: {', '.join(outcome.duplicate_of)}")
    if not outcome.embedded:
        say(world, "Found by its words for now; its vector comes later.")


def _text(world: World, given: str) -> str:
    """The text given, or all of standard input without its last newline.

    Raises:
        ConfigurationError: If standard input is not UTF-8.
    """
    if given != "-":
        return given
    try:
        return world.stdin.read().decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise ConfigurationError("Standard input is not UTF-8 text.") from error


def _pair(text: str) -> tuple[str, object]:
    """A metadata key and its value: a number, truth value or null as in JSON, else text.

    Raises:
        ConfigurationError: If there is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ConfigurationError(f"--metadata {text} is not KEY=VALUE.")
    try:
        read = json.loads(value)
    except ValueError:
        return key, value
    return key, read if isinstance(read, int | float | bool | None) else value
