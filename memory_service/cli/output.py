"""What is printed: one JSON document, or text for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.table import Table

    from memory_service.cli.world import World

#: Control characters but newline and tab; lone surrogates; marks that reverse the direction.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def print_json(world: World, value: object) -> None:
    """Print *value* as one line of JSON on standard output."""
    world.out.file.write(json.dumps(plain(value), ensure_ascii=False, allow_nan=False) + "\n")


def plain(value: object) -> object:
    """The value as JSON knows it: dataclasses as objects, times as RFC 3339, tuples as arrays."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def safe(text: str) -> str:
    """The text without characters that steer a terminal or reverse the writing direction.

    Entries come from anywhere; a stored escape sequence must not be carried out when shown.
    Newlines and tabs stay.
    """
    return _STEERING.sub("\ufffd", text)


def say(world: World, text: str) -> None:
    """Print a line of plain text on standard output; nothing in it is taken as markup."""
    world.out.print(safe(text), markup=False, emoji=False, highlight=False, soft_wrap=True)


def tell(world: World, text: str) -> None:
    """Print a line of plain text on standard error."""
    world.err.print(safe(text), markup=False, emoji=False, highlight=False, soft_wrap=True)


def a_table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A plain table with these column heads; numbers stand to the right."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def add(table: Table, *cells: object) -> None:
    """Add a row; `None` is an empty cell, and nothing is taken as markup."""
    from rich.text import Text

    table.add_row(*(Text("" if cell is None else safe(str(cell))) for cell in cells))


def day(moment: datetime | None) -> str:
    """A moment's date, or nothing."""
    return moment.date().isoformat() if moment else ""


def minute(moment: datetime | None) -> str:
    """A moment to the minute, in its own offset, or nothing."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 entry`, `2 entries`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def parsed_filter(text: str | None) -> Mapping[str, object] | None:
    """A filter given as JSON on the command line.

    Raises:
        ConfigurationError: If it is not a JSON object.
    """
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"--filter is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ConfigurationError('--filter is not a JSON object such as {"kind": "fact"}.')
    return value
