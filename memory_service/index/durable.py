"""Files that are whole or not there, whenever the power goes."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

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


def replace_file(file: Path, data: bytes) -> None:
    """Let the file hold *data*: at any moment it holds that, or what it held before."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_bytes(data)
    sync(fresh)
    fresh.replace(file)
    sync(file.parent)


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
