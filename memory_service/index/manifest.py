"""What a snapshot says of itself, and the checks that nothing of it has changed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

import xxhash

from memory_service.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

#: Raise it when older files can no longer be read as they are.
FORMAT = 2

_CHUNK = 1 << 20


class SnapshotUnusableError(StorageError):
    """A snapshot is missing, damaged, foreign or too new; the index is built from the store."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"the index snapshot in {folder} cannot be used: {reason}; "
            "the index is built anew from the store"
        )
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeal:
    """Size and XXH3-128 (hex) of one file."""

    name: str
    size: int
    checksum: str

    @classmethod
    def of(cls, file: Path) -> Self:
        """Read the whole file."""
        digest = xxhash.xxh3_128()
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return cls(name=file.name, size=file.stat().st_size, checksum=digest.hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A snapshot's contents; written last, so that what it names is whole."""

    format: int
    generation: int
    watermark: int
    chain: str
    fingerprint: str
    cluster_id: str
    dimensions: int
    entries: int
    vectors: int
    files: tuple[FileSeal, ...]

    def encoded(self) -> bytes:
        """One line of JSON and one line with its checksum."""
        body = json.dumps(asdict(self), sort_keys=True).encode()
        return body + b"\n" + _checksum(body) + b"\n"

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """Read what `encoded` gave.

        Raises:
            ValueError: If a byte of it has changed, or it is of another format.
        """
        body, _, rest = data.partition(b"\n")
        if rest != _checksum(body) + b"\n":
            raise ValueError("the manifest is damaged")
        fields = json.loads(body)
        if fields.get("format") != FORMAT:
            raise ValueError(f"its format is {fields.get('format')}, not {FORMAT}")
        return cls(**fields | {"files": tuple(FileSeal(**seal) for seal in fields["files"])})


def _checksum(body: bytes) -> bytes:
    return xxhash.xxh3_128_hexdigest(body).encode()
