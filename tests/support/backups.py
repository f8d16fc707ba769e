"""Backups for tests."""

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
