"""SQL by name: every statement stands in a `.sql` file of this package, described there."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_HEAD = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statement(name: str) -> str:
    """The text of the statement called *name*.

    Raises:
        KeyError: If no file holds one.
    """
    return _all_statements()[name]


@cache
def _all_statements() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in (resources.files(__package__) / "sql").iterdir():
        if file.name.endswith(".sql"):
            _, *parts = _HEAD.split(file.read_text(encoding="utf-8"))
            found.update(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))
    return found
