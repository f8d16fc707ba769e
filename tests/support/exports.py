"""Lines of an export, and what is stored, as lines to compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.command_line import CommandLine


def lines(*entries: object) -> str:
    """These entries as lines of JSON."""
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def some(number: int) -> list[dict[str, object]]:
    """So many entries, with ids."""
    return [{"id": f"e{one}", "text": f"text number {one}"} for one in range(number)]


def stored(cli: CommandLine, namespace: str = "default") -> list[dict[str, Any]]:
    """The exported entries of a namespace, without the times the daemon decides."""
    exported = cli("export", "-n", namespace).out.splitlines()[1:]
    decided = {"created_at", "updated_at"}
    return [
        {name: value for name, value in json.loads(line).items() if name not in decided}
        for line in exported
    ]
