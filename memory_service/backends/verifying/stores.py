"""A store opened to be looked through: its rows alone, without what is derived from them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.backends.local_database import VERSIONS, open_database
from memory_service.errors import ConfigurationError
from memory_service.store.schema import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from memory_service.backends.local_options import LocalOptions
    from memory_service.store.connection import Database
    from memory_service.store.schema import StoreIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStore:
    """A database, and what it says of itself."""

    database: Database
    identity: StoreIdentity


@contextmanager
def opened(folder: Path, options: LocalOptions, now: datetime) -> Iterator[OpenStore]:
    """The store of a data folder.  Closing it leaves its log as it is.

    Raises:
        ConfigurationError: If there is none, or another version of the program wrote it.
        StorageError: If it cannot be opened.
    """
    file = folder / "store" / "memory.duckdb"
    if not file.exists():
        raise ConfigurationError(f"There is no store in {folder}; name another with --data-folder.")
    database = open_database(folder, options)
    try:
        identity = prepare(database, versions=VERSIONS, now=now, token=secrets.token_bytes)
        yield OpenStore(database=database, identity=identity)
    finally:
        database.close()
