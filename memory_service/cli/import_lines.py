"""The lines of an import: our own JSONL, a manifest first if it is an export."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from memory_service.cli.json_lines import parse_line, refuse_line
from memory_service.errors import MalformedLineError

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = "memory-service-export"
FORMAT_VERSION = 1
#: What an entry may hold, in the order it is exported.
WRITABLE = (
    "id", "text", "summary", "kind", "scope", "tags", "metadata", "session", "turn", "speaker",
    "source", "event_time", "expires_at",
)  # fmt: skip
#: What an exported or answered entry holds besides; the service decides these itself.
READ_ONLY = ("namespace", "created_at", "updated_at", "version", "content_hash", "embedded")
#: A line of an entry at its limits is shorter, however its characters are escaped.
LONGEST_LINE = 1 << 20

#: Less than a call takes: a batch should be embedded well within the client's timeout, also
#: by a slow machine, and the progress bar should move.
MOST_ENTRIES = 64
MOST_BYTES = 256 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place between two lines: how many lines and bytes lie before it, and their SHA-256."""

    lines: int
    offset: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry to send, the number of its line, and the place after it."""

    number: int
    entry: Mapping[str, object]
    size: int
    after: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The first line of an export; `entries` is unknown if it was written to a pipe."""

    entries: int | None


class LineReader:
    """Reads entries line by line, and knows how far it is.

    Args:
        stream: The file, at *start*.
        start: Where to begin; the beginning if `None`.
    """

    def __init__(self, stream: BinaryIO, *, start: Mark | None = None) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._number = 0
        self.offset = 0
        self.manifest: Manifest | None = None
        if start is not None and start.lines:
            self._skip_to(start)

    def lines(self) -> Iterator[Line]:
        """The entries that follow; empty lines are passed over.

        Raises:
            MalformedLineError: At a line that is not an entry.
        """
        while raw := self._read():
            if not raw.strip():
                continue
            parsed = parse_line(raw, self._number)
            if self._number == 1 and parsed.get("format") == FORMAT:
                self.manifest = _manifest(parsed)
                continue
            entry = _entry(parsed, raw, self._number)
            size = len(json.dumps(entry, ensure_ascii=False).encode())
            yield Line(number=self._number, entry=entry, size=size, after=self.here())

    def here(self) -> Mark:
        """The place after the last line read."""
        return Mark(lines=self._number, offset=self.offset, sha256=self._hash.hexdigest())

    def _read(self) -> bytes:
        raw = self._stream.readline(LONGEST_LINE + 1)
        self._number += bool(raw)
        if len(raw) > LONGEST_LINE:
            refuse_line(f"is longer than {LONGEST_LINE:,} bytes", self._number)
        self._hash.update(raw)
        self.offset += len(raw)
        return raw.removeprefix(b"\xef\xbb\xbf") if self._number == 1 else raw

    def _skip_to(self, start: Mark) -> None:
        """Pass over the lines before *start*, but for a manifest."""
        while self._number < start.lines:
            raw = self._read()
            if self._number == 1:
                parsed = parse_line(raw, 1) if raw.strip() else {}
                self.manifest = _manifest(parsed) if parsed.get("format") == FORMAT else None


def begins_with(stream: BinaryIO, mark: Mark) -> bool:
    """Whether the file's first bytes are still those before *mark*; the stream ends up anywhere."""
    digest = hashlib.sha256()
    left = mark.offset
    while left and (chunk := stream.read(min(left, 1 << 20))):
        digest.update(chunk)
        left -= len(chunk)
    return not left and digest.hexdigest() == mark.sha256


def batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """The lines in groups that one call takes.

    Raises:
        MalformedLineError: After the lines before the malformed one were given.
    """
    batch: list[Line] = []
    try:
        for line in lines:
            if len(batch) == MOST_ENTRIES or _size(batch) + line.size > MOST_BYTES:
                yield batch
                batch = []
            batch.append(line)
    except MalformedLineError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _size(batch: list[Line]) -> int:
    return sum(line.size for line in batch)


def _manifest(parsed: Mapping[str, object]) -> Manifest:
    if parsed.get("version") != FORMAT_VERSION:
        refuse_line(f"is a manifest of version {parsed.get('version')}, which this program is too "
                "old to read", 1)  # fmt: skip
    entries = parsed.get("entries")
    return Manifest(entries=entries if isinstance(entries, int) else None)


def _entry(parsed: Mapping[str, object], raw: bytes, number: int) -> Mapping[str, object]:
    """The fields to send; an entry without an id gets one made of its line.

    The same line at the same place has the same id, so that importing a file twice stores its
    entries once.
    """
    for key in parsed:
        if key not in WRITABLE and key not in READ_ONLY:
            near = difflib.get_close_matches(key, WRITABLE, n=1)
            hint = f" (perhaps it means {near[0]})" if near else ""
            refuse_line(f"has a field {json.dumps(key)} that no entry has{hint}", number)
    if not isinstance(parsed.get("text"), str):
        refuse_line("has no text", number)
    made = hashlib.sha256(b"%d\n%b" % (number, raw.strip())).hexdigest()[:32]
    entry = {key: parsed[key] for key in WRITABLE if parsed.get(key) is not None}
    return {"id": made, **entry}
