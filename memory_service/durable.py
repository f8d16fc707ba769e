"""Files that are whole or not there, whenever the power goes."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import xxhash

from memory_service.errors import StorageError, StorageFullError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(file: Path, data: bytes) -> None:
    """Write a file whose bytes survive a power loss; its name may not yet."""
    file.write_bytes(data)
    sync(file)


def replace_file(file: Path, data: bytes) -> None:
    """Let the file hold *data*: at any moment it holds that, or what it held before."""
    fresh = file.with_name(f"{file.name}.new")
    write_file(fresh, data)
    fresh.replace(file)
    sync(file.parent)


def checksum_of(data: bytes) -> str:
    """XXH3-128, in hex: against damage, not against malice."""
    return xxhash.xxh3_128_hexdigest(data)


def sealed_line(body: bytes) -> bytes:
    """*body*, one line without its end, and a line with its checksum."""
    return body + b"\n" + checksum_of(body).encode() + b"\n"


def unsealed_line(data: bytes) -> bytes:
    """What `sealed_line` was given.

    Raises:
        ValueError: If a byte of it has changed.
    """
    body = data.partition(b"\n")[0]
    if data != sealed_line(body):
        raise ValueError("the manifest is damaged")
    return body


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Raise a failed write of the snapshot in *folder* as an error that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise (StorageFullError if full else StorageError)(
            f"the index snapshot in {folder} could not be written ({error}); make room or mend "
            "the folder's permissions; the one before stays, nothing is lost"
        ) from error
