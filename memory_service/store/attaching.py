"""The statements that attach the database file, and that lock the database down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.store.connection import DatabaseOptions

#: DuckDB 1.5 opens the file as well.
STORAGE_VERSION = "v1.5.0"
ROW_GROUP_SIZE = 16_384


def _quoted(value: object) -> str:
    """A string literal, for statements that take no parameters."""
    text = str(value).replace("'", "''")
    return f"'{text}'"


def attach_statement(file: Path, *, catalog: str = "store", read_only: bool = False) -> str:
    """Attach *file* as a catalog, or create it; *read_only* leaves every byte of it as it is."""
    if read_only:
        return f"ATTACH {_quoted(file)} AS {catalog} (READ_ONLY)"
    return (
        f"ATTACH {_quoted(file)} AS {catalog} "
        f"(STORAGE_VERSION '{STORAGE_VERSION}', ROW_GROUP_SIZE {ROW_GROUP_SIZE})"
    )


def lock_down_settings(staging: Path, options: DatabaseOptions) -> list[str]:
    """The settings in the order in which they must come; after the last nothing can be set."""
    return [
        # What closes a store checkpoints it first; a damaged one is to stay as it is.
        "PRAGMA disable_checkpoint_on_shutdown",
        f"SET memory_limit = {_quoted(options.memory_limit)}",
        f"SET threads = {options.threads}",
        f"SET checkpoint_threshold = {_quoted(options.checkpoint_threshold)}",
        f"SET temp_directory = {_quoted(staging)}",
        f"SET allowed_directories = [{_quoted(staging)}]",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ]
