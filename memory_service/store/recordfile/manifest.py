"""What saved record files say of themselves, and taking them up again.

A folder holds volumes, the places of one generation, and `manifest.json`, which is replaced last
and names what counts.  What a volume holds beyond its size there was written later: it is walked
over and checked against the store.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

import xxhash

if TYPE_CHECKING:
    from pathlib import Path

#: Raise it when older files can no longer be read as they are.
FORMAT = 1

_NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSeal:
    """A volume as it was saved."""

    number: int
    size: int
    live: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Of which store, up to which change (`chain` is that change's, in hex), and what is in it."""

    format: int
    cluster_id: str
    watermark: int
    chain: str
    places: str
    checksum: str
    volumes: tuple[VolumeSeal, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest of a folder.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If a byte of it has changed, or it is of another format.
        """
        body, _, rest = (folder / _NAME).read_bytes().partition(b"\n")
        if rest != _line(body):
            raise ValueError("the manifest is damaged")
        fields = json.loads(body)
        if fields.get("format") != FORMAT:
            raise ValueError(f"its format is {fields.get('format')}, not {FORMAT}")
        volumes = tuple(VolumeSeal(**seal) for seal in fields["volumes"])
        return cls(**fields | {"volumes": volumes})

    def write(self, folder: Path) -> None:
        """Replace the folder's manifest, durably.

        Raises:
            OSError: If it cannot be written; the one before stays.
        """
        body = json.dumps(asdict(self), sort_keys=True).encode()
        fresh = folder / f"{_NAME}.new"
        write_durably(fresh, body + b"\n" + _line(body))
        fresh.replace(folder / _NAME)
        sync_folder(folder)


def _line(body: bytes) -> bytes:
    return checksum_of(body).encode() + b"\n"


def checksum_of(data: bytes) -> str:
    """XXH3-128, in hex."""
    return xxhash.xxh3_128_hexdigest(data)


def write_durably(file: Path, data: bytes) -> None:
    """Write a file and sync it."""
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
