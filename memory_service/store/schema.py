"""The store's tables, and what it says of itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from memory_service.errors import CorruptStoreError, SchemaTooNewError, SchemaTooOldError
from memory_service.protocols import EmbedderIdentity
from memory_service.store.history_keeping import drop_past_vectors
from memory_service.store.migrating import EARLIEST, SCHEMA_VERSION, migrate
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.store.connection import Database, Session

_TABLES = (
    "meta",
    "change",
    "entry",
    "vector",
    "next_vector",
    "posting",
    "tombstone",
    "history",
    "history_vector",
    "purge",
    "namespace",
    "setting",
    "idempotency",
    "access_key",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVersions:
    """Versions of what turns an entry into terms and into the text that is embedded."""

    analyser: int
    key_template: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreIdentity:
    """What a store says of itself; `embedder` is `None` until it was bound to one.

    `epoch` is the one its next change belongs to, if its last change is of an earlier one.
    `coming` is the embedder whose vectors are gathered to take its place, if there is one.
    `switched` is the change that last did that, and `generation` counts how often it was done.
    """

    cluster_id: str
    versions: TextVersions
    embedder: EmbedderIdentity | None
    epoch: int = 1
    coming: EmbedderIdentity | None = None
    generation: int = 0
    switched: int = 0


def prepare(
    database: Database, *, versions: TextVersions, now: datetime, token: Callable[[int], bytes]
) -> StoreIdentity:
    """Create the tables of an empty file; read what a filled one says, and bring it up to date.

    Args:
        database: The file.
        versions: Those of this program.
        now: The time.
        token: Random bytes, as many as asked for; a new store's ids are made of them.

    Raises:
        SchemaTooNewError: If a newer program wrote it.
        SchemaTooOldError: If an earlier program wrote it, and its rows or terms were others.
        CorruptStoreError: If it is not a store.
    """
    if database.rows(statement("tables")) == [(0,)]:
        _create(database, versions, now, token)
    meta = dict(database.rows(statement("read_meta")))
    try:
        schema = int(meta["schema"])
        _check_version("schema", schema, SCHEMA_VERSION, earliest=EARLIEST)
        _check_version("analyser", int(meta["analyser"]), versions.analyser)
        _check_version("key template", int(meta["key_template"]), versions.key_template)
        migrate(database, schema)
        return StoreIdentity(
            cluster_id=meta["cluster_id"],
            versions=versions,
            embedder=_read_embedder(meta.get("embedder")),
            epoch=int(meta.get("epoch", "1")),
            coming=_read_embedder(meta.get("next_embedder")),
            generation=int(meta.get("generation", "0")),
            switched=int(meta.get("switched", "0")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptStoreError(
            "The store does not say what it is; restore a backup of the data folder."
        ) from error


def record_embedder(database: Database, identity: EmbedderIdentity) -> None:
    """Note which embedder fills the store from now on; vectors of the past were another's."""
    with database.transaction() as session:
        drop_past_vectors(session)
        note_meta(session, "embedder", embedder_text(identity))


def note_meta(session: Session, key: str, value: str) -> None:
    """Let the store say *value* of itself from now on."""
    session.execute(statement("add_meta"), {"key": key, "value": value})


def embedder_text(identity: EmbedderIdentity | None) -> str:
    """An embedder as the store notes it; `None` as an empty text."""
    return json.dumps(asdict(identity), sort_keys=True) if identity else ""


def begin_epoch(database: Database, epoch: int) -> None:
    """Let changes from now on belong to *epoch*, which no change of the store may be above."""
    with database.transaction() as session:
        session.execute(statement("add_meta"), {"key": "epoch", "value": str(epoch)})


def _create(
    database: Database, versions: TextVersions, now: datetime, token: Callable[[int], bytes]
) -> None:
    """One transaction: after a crash there are all tables or none."""
    meta = {
        "schema": str(SCHEMA_VERSION),
        "cluster_id": token(16).hex(),
        "created_at": now.isoformat(),
        "analyser": str(versions.analyser),
        "key_template": str(versions.key_template),
    }
    with database.transaction() as session:
        for table in _TABLES:
            session.execute(statement(f"create_{table}"))
        for key, value in meta.items():
            session.execute(statement("add_meta"), {"key": key, "value": value})
    database.checkpoint()


def _check_version(what: str, found: int, known: int, *, earliest: int | None = None) -> None:
    if found > known:
        raise SchemaTooNewError(
            f"The store has {what} version {found}; this program reads version {known}. "
            "Install the version that wrote the store, or start with another data folder."
        )
    if found < (known if earliest is None else earliest):
        raise SchemaTooOldError(
            f"The store has {what} version {found}; this program reads version {known}. "
            "Run `memory-service export FILE --namespace NAME` for each namespace with the "
            "version that wrote the store, then `memory-service import FILE --namespace NAME` "
            "with this one and another data folder; nothing was changed."
        )


def _read_embedder(value: str | None) -> EmbedderIdentity | None:
    return EmbedderIdentity(**json.loads(value)) if value else None
