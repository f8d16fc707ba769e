"""What saved record files say of themselves, and taking them up again.

A folder holds volumes, the places of one generation, and `manifest.json`, which is replaced last
and names what counts.  What a volume holds beyond its size there was written later: it is walked
over and checked against the store.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from memory_service.durable import replace_file, sealed_line, unsealed_line

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
        fields = json.loads(unsealed_line((folder / _NAME).read_bytes()))
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
        replace_file(folder / _NAME, sealed_line(body))
