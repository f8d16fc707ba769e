"""From the rows back to what is held in memory, at every start."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.model.position import BEGINNING, Position
from memory_service.store.catalogue.catalogue import Catalogue
from memory_service.store.catalogue.ledger import Ledger
from memory_service.store.catalogue.loading_rows import catch_up, give_back, load_all
from memory_service.store.catalogue.receipts import Receipts
from memory_service.store.catalogue.sealed_file import UnusableError, read
from memory_service.store.rows import remembered_from
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from memory_service.store.catalogue.receipts import Remembered
    from memory_service.store.catalogue.sealed import Sealed
    from memory_service.store.connection import Database

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSource:
    """The catalogue's file, and the store it must be of; made at the change *since* or later."""

    file: Path
    cluster_id: str
    since: int = 0


def load_catalogue(database: Database, *, sealed: SealedSource, receipts_since: int) -> Catalogue:
    """Every live entry, namespace and receipt, and the position.

    Args:
        database: The store.
        sealed: Where most of it may be found without asking the database for every row.
        receipts_since: An instant; older receipts stay out.
    """
    catalogue = Catalogue(position=last_position(database))
    names = dict(database.rows(statement("select_namespaces")))
    catalogue.current.ledger = _ledger(database, sealed, names)
    settings = _settings(database)
    for number, name in names.items():
        catalogue.open(number, name, settings.get(number, {}))
    catalogue.receipts = _receipts(database, receipts_since)
    return catalogue


def _receipts(database: Database, since: int) -> Receipts:
    def stored(namespace: str, key: str) -> Remembered | None:
        parameters = {"namespace": namespace, "key": key}
        rows = database.rows(statement("select_receipt"), parameters)
        return remembered_from(rows[0]) if rows else None

    receipts = Receipts(stored)
    for namespace, key, at in database.rows(statement("select_receipts"), {"since": since}):
        receipts.note(namespace, key, at)
    return receipts


def _ledger(database: Database, sealed: SealedSource, numbers: Collection[int]) -> Ledger:
    """From the file and what came after it, or from all rows."""
    try:
        found, watermark = _taken_up(database, sealed)
    except UnusableError as error:
        level = logging.WARNING if sealed.file.exists() else logging.DEBUG
        _LOG.log(level, "the catalogue is read from the rows, its file cannot be used: %s", error)
        ledger = Ledger(load_all(database, numbers))
        give_back()
        ledger.changes = len(ledger.sealed)
        ledger.keep_only(numbers)
        return ledger
    ledger = Ledger(found)
    ledger.keep_only(numbers)
    catch_up(ledger, database, after=watermark)
    return ledger


def _taken_up(database: Database, source: SealedSource) -> tuple[Sealed, int]:
    """What the file holds, and up to which change; see `UnusableError`."""
    sealed, stamp = read(source.file)
    if stamp.cluster_id != source.cluster_id:
        raise UnusableError("it belongs to another store")
    if stamp.watermark < source.since:
        raise UnusableError("another model serves since it was made")
    if stamp.chain != "".join(
        chain for (chain,) in database.rows(statement("select_chain"), {"seq": stamp.watermark})
    ):
        raise UnusableError("the store has another history than it has seen")
    return sealed, stamp.watermark


def _settings(database: Database) -> dict[int, dict[str, str]]:
    """The settings of each namespace."""
    settings: dict[int, dict[str, str]] = {}
    for number, key, value in database.rows(statement("select_settings")):
        settings.setdefault(number, {})[key] = value
    return settings


def last_position(database: Database) -> Position:
    """Of the last change, whether it follows from the one before or not."""
    rows = database.rows(statement("select_last_position"))
    return (
        Position(**dict(zip(("epoch", "seq", "chain"), rows[0], strict=True)))
        if rows
        else BEGINNING
    )
