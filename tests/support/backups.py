"""Backups for tests, and every byte of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.store.archive import write_archive

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.protocols import Backend, StoreCopy

_PART = 65_536


def no_progress(_done: int, _total: int) -> None:
    """Nobody looks."""


def backed_up(backend: Backend, target: Path) -> None:
    """Write a backup of *backend* to *target*."""
    copy = backend.copy()
    write_archive(target, copy.manifest, parts_of(copy), progress=no_progress)
    copy.close()


def parts_of(copy: StoreCopy) -> list[bytes]:
    """The bytes of a copy, in parts."""
    parts: list[bytes] = []
    while part := copy.read(sum(map(len, parts)), _PART):
        parts.append(part)
    return parts


def files_holding(folder: Path, canaries: list[str]) -> dict[str, list[str]]:
    """Which of the words stand in which files below *folder*, in UTF-8 or UTF-16, any case."""
    found: dict[str, list[str]] = {}
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        data = file.read_bytes().lower()
        wide = data.replace(b"\0", b"")
        held = [one for one in canaries if one.lower().encode() in (data + b"\n" + wide)]
        if held:
            found[str(file.relative_to(folder))] = held
    return found
