"""What the files of the index say of themselves."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from memory_service.durable import sealed_line, unsealed_line

if TYPE_CHECKING:
    from memory_service.index.manifest import FileSeal

#: Raise it when older files can no longer be read as they are.
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which store's postings they are, and by which version of the analyser."""

    cluster_id: str
    analyser: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSeal:
    """One segment: its file with size and checksum, and the lengths of its arrays."""

    name: str
    size: int
    checksum: str
    keys: int
    postings: int
    pairs: int
    entries: int

    def of_same_file(self, seal: FileSeal) -> bool:
        """Whether a file is the one that was sealed."""
        return (seal.name, seal.size, seal.checksum) == (self.name, self.size, self.checksum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The segments that hold every posting up to the watermark; written last.

    `chain` is that of the change at the watermark, in hex: a seq alone says nothing of a store
    that was put back to an earlier state and has gone on since.
    """

    origin: Origin
    watermark: int
    chain: str
    segments: tuple[SegmentSeal, ...]

    def encoded(self) -> bytes:
        """One line of JSON and one line with its checksum (XXH3-128)."""
        body = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()
        return sealed_line(body)

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """Read what `encoded` gave.

        Raises:
            ValueError: If a byte of it has changed, or it is of another format.
        """
        fields = json.loads(unsealed_line(data))
        if fields["format"] != FORMAT:
            raise ValueError(f"its format is {fields['format']}, not {FORMAT}")
        return cls(
            origin=Origin(**fields["origin"]),
            watermark=fields["watermark"],
            chain=fields["chain"],
            segments=tuple(SegmentSeal(**segment) for segment in fields["segments"]),
        )
