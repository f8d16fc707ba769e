"""Words that nobody else would say, and the files that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CANARY = "quokkacanary"


def files_holding(folder: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """Which of the words stand in which files below *folder*: UTF-8 or UTF-16, any case."""
    wanted = [word.lower().encode() for word in words]
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            data = file.read_bytes().lower()
            both = data + b"\n" + data.replace(b"\0", b"")
            held = [word.decode() for word in wanted if word in both]
            found |= {str(file.relative_to(folder)): held} if held else {}
    return found
