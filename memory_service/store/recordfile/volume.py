"""One file of records: appended to at its end, erased in place, removed as a whole."""

from __future__ import annotations

import os
import re
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.store.recordfile.format import (
    OddRecordError,
    erased,
    length_at,
    ordinal_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Most records are read whole by one call that asks for so much.
_USUAL = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that was met on a walk."""

    ordinal: int
    offset: int
    data: bytes


_NAME = re.compile(r"(\d+)\.records")


def file_of(folder: Path, number: int) -> Path:
    """The file of a volume."""
    return folder / f"{number}.records"


def number_of(file: Path) -> int | None:
    """The number of a volume's file; `None` for any other."""
    match = _NAME.fullmatch(file.name)
    return int(match[1]) if match else None


class Volume:
    """A file; reads run beside everything else, all the rest is for one thread at a time.

    The descriptor lives as long as anybody holds the volume, also once the file is removed.

    Attributes:
        number: Its place among the volumes, from 1.
        size: Bytes in use.
        live: Bytes of records that are still wanted.
        worn: Whether something in it could not be erased, so that the whole file has to go.
    """

    def __init__(self, file: Path, *, number: int, size: int = 0, live: int = 0) -> None:
        """Open or make *file*, of which *size* bytes count.

        Raises:
            OSError: If it cannot be opened.
        """
        self.number = number
        self.size = size
        self.live = live
        self.worn = False
        self._file = file
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._descriptor)

    def append(self, data: bytes) -> int:
        """Write behind all there is; where it stands.

        Raises:
            OSError: If it cannot be written; nothing counts then.
        """
        offset, view = self.size, memoryview(data)
        written = 0
        while written < len(view):
            written += os.pwrite(self._descriptor, view[written:], offset + written)
        self.size += len(view)
        self.live += len(view)
        return offset

    def read(self, offset: int) -> bytes:
        """The bytes of the record that begins there.

        Raises:
            OddRecordError: If there is not a whole one.
            OSError: If the file cannot be read.
        """
        data = os.pread(self._descriptor, _USUAL, offset)
        length = length_at(data)
        if length > len(data):
            if offset + length > self.size:
                raise OddRecordError("a record is longer than its file")
            data = os.pread(self._descriptor, length, offset)
        if length > len(data):
            raise OddRecordError("a record is cut short")
        return data[:length]

    def erase(self, offset: int, ordinal: int) -> None:
        """Write zeros over what the record of *ordinal* there says.

        Raises:
            OSError: If it cannot be written; the file is worn then.
        """
        try:
            data = self.read(offset)
            found = ordinal_at(data)
            if found == ordinal:
                os.pwrite(self._descriptor, erased(len(data)), offset)
        except OddRecordError:
            self.worn = True
        except OSError:
            self.worn = True
            raise
        else:
            self.live -= len(data)
            self.worn |= found not in (ordinal, None)

    def walk(self, offset: int) -> Iterator[Found]:
        """Every record from *offset* on, as far as they are whole; what was erased is left out."""
        while offset < self.size:
            try:
                data = self.read(offset)
                ordinal = ordinal_at(data)
            except OddRecordError:
                return
            if ordinal is not None:
                yield Found(ordinal=ordinal, offset=offset, data=data)
            offset += len(data)

    def sync(self) -> None:
        """Make it survive a power loss."""
        os.fsync(self._descriptor)

    def remove(self) -> None:
        """Remove the file; who reads it now may go on."""
        self._file.unlink(missing_ok=True)
