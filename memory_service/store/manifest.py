"""The manifest of a backup, as JSON."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from memory_service.errors import BackupRefusedError
from memory_service.model.keeping import BackupFile, BackupManifest, StoreCounts
from memory_service.model.position import Position

#: What a backup calls itself, and the version of that form.
FORMAT = "memory-service backup"
FORMAT_VERSION = 1
#: The name of the database in every backup.
DATABASE = "memory.duckdb"

_SHA256 = re.compile("[0-9a-f]{64}")


def manifest_object(manifest: BackupManifest) -> dict[str, Any]:
    """The manifest as JSON knows it."""
    counts, file = manifest.counts, manifest.file
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "schema": manifest.schema,
        "cluster_id": manifest.cluster_id,
        "position": str(manifest.position),
        "fingerprint": manifest.fingerprint,
        "model": manifest.model,
        "entries": counts.entries,
        "changes": counts.changes,
        "namespaces": counts.namespaces,
        "vectors": counts.vectors,
        "created_at": manifest.created_at.isoformat(),
        "files": [{"name": file.name, "size": file.size, "sha256": file.sha256}],
    }


def manifest_bytes(manifest: BackupManifest) -> bytes:
    """The manifest as it stands in a backup."""
    return json.dumps(manifest_object(manifest), indent=2).encode() + b"\n"


def parsed_manifest(data: bytes) -> BackupManifest:
    """Read a manifest.

    Raises:
        BackupRefusedError: If it is none, of a later form, or names other files than a backup has.
    """
    try:
        found = json.loads(data)
        if found["format"] != FORMAT:
            raise BackupRefusedError("This is no backup of a memory store; name another file.")
        if found["version"] > FORMAT_VERSION:
            raise BackupRefusedError(
                f"The backup has form {found['version']}; this program reads form "
                f"{FORMAT_VERSION}. Restore it with the version that made it."
            )
        return _manifest(found)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupRefusedError(
            "The backup's manifest cannot be read, so it is damaged; take another backup."
        ) from error


def _manifest(found: dict[str, Any]) -> BackupManifest:
    (file,) = found["files"]
    if file["name"] != DATABASE or not _SHA256.fullmatch(file["sha256"]) or file["size"] < 0:
        raise ValueError(file)
    return BackupManifest(
        schema=int(found["schema"]),
        cluster_id=str(found["cluster_id"]),
        position=Position.parse(found["position"]),
        fingerprint=str(found["fingerprint"]),
        model=str(found["model"]),
        counts=StoreCounts(
            entries=int(found["entries"]),
            changes=int(found["changes"]),
            namespaces=int(found["namespaces"]),
            vectors=int(found["vectors"]),
        ),
        created_at=datetime.fromisoformat(found["created_at"]),
        file=BackupFile(name=DATABASE, size=int(file["size"]), sha256=file["sha256"]),
    )
