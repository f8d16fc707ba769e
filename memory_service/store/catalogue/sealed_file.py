"""`Sealed` as a file: always whole, or not there.

The arrays lie one after the other, each at a multiple of 64 bytes, `rows` first; then come the
manifest, one line of JSON and one with its checksum, and its length.  A new file is written
beside the old one, synced, and put in its place.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xxhash

from memory_service.durable import sync
from memory_service.errors import StorageError, StorageFullError
from memory_service.store.catalogue.sealed import ARRAYS, Sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from memory_service.store.catalogue.sealing import Blocks

#: Raise it when what an array holds is made in another way.
FORMAT = 1

_ALIGNED = 64
_LENGTH = 8


class UnusableError(Exception):
    """The file is missing, damaged, or of another format or store; says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Up to which change of what store the arrays go; `chain` is that of the change, in hex."""

    watermark: int
    chain: str
    cluster_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """What a file says of itself; `kinds` is of `ARRAYS`, `checksum` of all before the manifest."""

    format: int
    kinds: str
    stamp: Stamp
    counts: Mapping[str, int]
    checksum: str

    def encoded(self) -> bytes:
        body = json.dumps(asdict(self)).encode() + b"\n"
        return body + xxhash.xxh3_128_hexdigest(body).encode() + b"\n"

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        body, _, checksum = data.rstrip(b"\n").partition(b"\n")
        if checksum != xxhash.xxh3_128_hexdigest(body + b"\n").encode():
            raise UnusableError("it is damaged")
        fields = json.loads(body)
        if (fields["format"], fields["kinds"]) != (FORMAT, _kinds()):
            raise UnusableError("it was written by another version")
        return cls(**fields | {"stamp": Stamp(**fields["stamp"])})


def write(file: Path, arrays: Iterable[tuple[str, Blocks]], stamp: Stamp) -> None:
    """Replace the file; one call at a time.

    Raises:
        StorageError: If it cannot be written; the file before stays.
    """
    fresh = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(fresh, arrays, stamp)
        fresh.replace(file)
        sync(file.parent)
        sync(file.parent.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (StorageFullError if full else StorageError)(
            f"the catalogue's file {file} could not be written ({error}); make room or mend "
            "the folder's permissions; the one before stays, nothing is lost"
        ) from error


def read(file: Path) -> tuple[Sealed, Stamp]:
    """Map the file; every byte of it is checked.

    Raises:
        UnusableError: If it is missing, damaged, or of another format.
    """
    try:
        with file.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size <= _LENGTH:
                raise UnusableError("it is damaged")
            whole = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            manifest, end = _manifest(whole)
            if xxhash.xxh3_128_hexdigest(memoryview(whole)[:end]) != manifest.checksum:
                raise UnusableError("it is damaged")
            return Sealed.of(dict(_arrays(stream.fileno(), whole, manifest))), manifest.stamp
    except FileNotFoundError as error:
        raise UnusableError("it is missing") from error
    except OSError as error:
        raise UnusableError(f"it cannot be read ({error.strerror})") from error


def _write(file: Path, arrays: Iterable[tuple[str, Blocks]], stamp: Stamp) -> None:
    checksum, counts = xxhash.xxh3_128(), {}
    with file.open("wb") as stream:
        for name, blocks in arrays:
            counts[name] = 0
            for block in blocks:
                data = block.view(np.uint8).data
                stream.write(data)
                checksum.update(data)
                counts[name] += len(block)
            padding = bytes(-stream.tell() % _ALIGNED)
            stream.write(padding)
            checksum.update(padding)
        manifest = _Manifest(
            format=FORMAT,
            kinds=_kinds(),
            stamp=stamp,
            counts=counts,
            checksum=checksum.hexdigest(),
        ).encoded()
        stream.write(manifest + len(manifest).to_bytes(_LENGTH, "little"))
        stream.flush()
        os.fsync(stream.fileno())


def _manifest(whole: mmap.mmap) -> tuple[_Manifest, int]:
    """The manifest, and where it starts."""
    length = int.from_bytes(whole[-_LENGTH:], "little")
    end = len(whole) - _LENGTH - length
    if end < 0:
        raise UnusableError("it is damaged")
    return _Manifest.decoded(whole[end:-_LENGTH]), end


def _arrays(
    handle: int, whole: mmap.mmap, manifest: _Manifest
) -> Iterator[tuple[str, np.ndarray[tuple[int], np.dtype[Any]]]]:
    start = 0
    for name, count in manifest.counts.items():
        kind = ARRAYS[name]
        size = count * kind.itemsize
        source = whole
        if name == "rows" and size:
            # Pages that are written to become the process's own; the file stays as it is.
            source = mmap.mmap(handle, size, access=mmap.ACCESS_COPY)
        yield name, np.frombuffer(source, kind, count, start) if size else np.empty(0, kind)
        start += size + -size % _ALIGNED


def _kinds() -> str:
    kinds = {name: kind.descr for name, kind in ARRAYS.items()}
    return xxhash.xxh3_64_hexdigest(json.dumps(kinds).encode())
