"""The database of a data folder, opened as a local backend does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.backends.local_head import check_database_there
from memory_service.index.analysis.analyser import ANALYSER_VERSION
from memory_service.model.entry import KEY_TEMPLATE_VERSION
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.hooks import NO_HOOKS
from memory_service.store.schema import TextVersions

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.backends.local_options import LocalOptions
    from memory_service.store.hooks import Hooks

#: What this program makes terms and embedded texts with.
VERSIONS = TextVersions(analyser=ANALYSER_VERSION, key_template=KEY_TEMPLATE_VERSION)


def open_database(folder: Path, options: LocalOptions, hooks: Hooks = NO_HOOKS) -> Database:
    """Open the database in *folder*, or make an empty one.

    Raises:
        CorruptStoreError: If it is damaged, or gone though there was one.
        StorageError: If it cannot be opened.
    """
    store = folder / "store"
    check_database_there(store)
    staging = store / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    limits = DatabaseOptions(
        memory_limit=options.memory_limit,
        threads=options.threads,
        checkpoint_threshold=options.checkpoint_threshold,
    )
    return Database(store / "memory.duckdb", staging=staging, options=limits, hooks=hooks)
