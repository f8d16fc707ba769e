"""What a snapshot says of itself, and the checks that nothing of it has changed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import xxhash

from memory_service.durable import sealed_line, unsealed_line
from memory_service.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

#: Raise it when older files can no longer be read as they are.
FORMAT = 3

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

    def check(self, folder: Path) -> Path:
        """The file in *folder*, which is as it was sealed.

        Raises:
            OSError: If it cannot be read.
            ValueError: If it has changed.
        """
        file = folder / self.name
        if file.stat().st_size != self.size:
            raise ValueError(f"{file.name} has {file.stat().st_size} bytes, not {self.size}")
        if FileSeal.of(file) != self:
            raise ValueError(f"{file.name} is damaged")
        return file


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSeal:
    """The sealed part of a namespace: an index over codes, and what its places are."""

    number: int
    count: int
    trained: int
    index: FileSeal
    places: FileSeal

    @classmethod
    def decoded(cls, fields: dict[str, Any]) -> Self:
        """From what `asdict` gave."""
        return cls(**fields | {name: FileSeal(**fields[name]) for name in ("index", "places")})

    def remove(self, folder: Path) -> None:
        """Remove its files, if they are there."""
        for seal in (self.index, self.places):
            (folder / seal.name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A snapshot's contents; written last, so that what it names is whole.

    `rows` is how far the vector file is in use, `places` how many of its rows are alive.
    """

    format: int
    generation: int
    watermark: int
    chain: str
    fingerprint: str
    cluster_id: str
    dimensions: int
    rows: int
    places: int
    vectors: str
    table: FileSeal
    sums: FileSeal
    sealed: tuple[SealedSeal, ...]

    def encoded(self) -> bytes:
        """One line of JSON and one line with its checksum."""
        body = json.dumps(asdict(self), sort_keys=True).encode()
        return sealed_line(body)

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """Read what `encoded` gave.

        Raises:
            ValueError: If a byte of it has changed, or it is of another format.
        """
        fields = json.loads(unsealed_line(data))
        if fields.get("format") != FORMAT:
            raise ValueError(f"its format is {fields.get('format')}, not {FORMAT}")
        read = {
            "table": FileSeal(**fields["table"]),
            "sums": FileSeal(**fields["sums"]),
            "sealed": tuple(SealedSeal.decoded(one) for one in fields["sealed"]),
        }
        return cls(**fields | read)

    def names(self) -> set[str]:
        """The files that belong to it."""
        sealed = (seal.name for one in self.sealed for seal in (one.index, one.places))
        return {self.vectors, self.table.name, self.sums.name, *sealed}
