"""Which backups were made of a store, one line each, so that a purge can say what it misses.

Where a backup lies is its owner's business and not known here.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from memory_service.durable import sync

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.model.keeping import BackupManifest

#: How many are named one by one.
_NAMED = 20


def note_backup(file: Path, manifest: BackupManifest) -> None:
    """Add a backup."""
    line = {
        "created_at": manifest.created_at.isoformat(),
        "position": str(manifest.position),
        "sha256": manifest.file.sha256,
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as stream:
        stream.write(json.dumps(line).encode() + b"\n")
    sync(file)
    sync(file.parent)


def known_backups(file: Path) -> tuple[str, ...]:
    """The newest backups in words, the newest first, and how many more there were.

    A line that was cut off says that it cannot be read.  Empty while none was made.
    """
    if not file.exists():
        return ()
    lines = file.read_text("utf-8", errors="replace").splitlines()[::-1]
    more = len(lines) - _NAMED
    rest = (f"{more} earlier backups",) if more > 0 else ()
    return (*(_words(line) for line in lines[:_NAMED]), *rest)


def _words(line: str) -> str:
    try:
        found = json.loads(line)
        place = found["position"].rpartition(":")[0]
        return f"backup of {found['created_at']} at {place}, sha256 {found['sha256'][:16]}…"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "a backup whose line cannot be read"
