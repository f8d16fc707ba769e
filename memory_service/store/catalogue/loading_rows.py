"""From the rows of the database to the catalogue's: all at once, or those after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from memory_service.model.asking import QUESTION
from memory_service.store.catalogue.row import HASHES, NEVER, NO_TURN, NONE, ROW
from memory_service.store.catalogue.sealing import Part, Whole, sealed_in_memory
from memory_service.store.catalogue.slot import Slot, Traits
from memory_service.store.catalogue.text_parts import TextParts
from memory_service.store.catalogue.texts import Texts, keys_of
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.ledger import Ledger
    from memory_service.store.catalogue.sealed import Sealed
    from memory_service.store.connection import Database

#: What stands in the rows as in `ROW`; the rest is made of it.
_SAME = (
    "first_seq", "last_seq", "turn", "expires", "created", "written", "day", "length", "version",
    "passages", "asks",
)  # fmt: skip


def load_all(database: Database, numbers: Iterable[int]) -> Sealed:
    """All live entries of the namespaces of these numbers."""
    found = _live(database, after=0)
    of_row = found["ns"].to_numpy()
    rows = np.empty(len(of_row), ROW)
    for name in _SAME:
        rows[name] = found[name].to_numpy(zero_copy_only=False)
    rows["session"], sessions = _numbered(found["session"], of_row)
    rows["speaker"], speakers = _numbered(found["speaker"], of_row)
    hashes = np.empty(len(of_row), HASHES)
    for name in ("content", "draft"):
        hashes[name] = np.frombuffer(_data(found[f"{name}_hash"]), "V32", len(of_row))
    ids = _texts(found["id"])
    part = Part(numbers=of_row, ordinals=found["seq"].to_numpy(), rows=rows, hashes=hashes)
    return sealed_in_memory(
        Whole(
            live=np.array(sorted(numbers), np.int64),
            parts=[part],
            ids=TextParts([ids], keys_of(of_row, ids)),
            sessions=sessions,
            speakers=speakers,
        )
    )


def give_back() -> None:
    """Return to the system what Arrow keeps for later of what a load took."""
    pa.default_memory_pool().release_unused()


def catch_up(ledger: Ledger, database: Database, *, after: int) -> None:
    """Do to a ledger, which has all namespaces, what happened after a change."""
    parameters = {"after": after}
    for number, id in database.rows(statement("select_left"), parameters):
        if number in ledger.columns:
            ledger.discard(number, id)
    for number, ordinal, seq, count in database.rows(statement("select_embedded"), parameters):
        if number in ledger.columns:
            ledger.embed(number, ordinal, seq=seq, passages=count)
    for number, slot, traits in _newer(database, after):
        if number in ledger.columns:
            ledger.enter(number, slot, traits)


def _live(database: Database, *, after: int) -> dict[str, Any]:
    """Columns of `select_versions`, each one Arrow array."""
    table = database.table(
        statement("select_versions"),
        {"question": QUESTION, "no_turn": NO_TURN, "never": NEVER, "after": after},
    )
    return {name: table.column(name).combine_chunks() for name in table.column_names}


def _newer(database: Database, after: int) -> Iterator[tuple[int, Slot, Traits]]:
    """Namespace, slot and traits of what was written after a change, oldest first."""
    found = _live(database, after=after)
    columns = {name: column.to_pylist() for name, column in found.items()}
    for row in np.argsort(found["seq"].to_numpy()).tolist():
        yield _one({name: column[row] for name, column in columns.items()})


def _one(row: dict[str, Any]) -> tuple[int, Slot, Traits]:
    slot = Slot(
        id=row["id"],
        ordinal=row["seq"],
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        version=row["version"],
        content_hash=row["content_hash"],
        draft_hash=row["draft_hash"],
        length=row["length"],
        created_at=row["created"],
        expires_at=None if row["expires"] == NEVER else row["expires"],
        passages=row["passages"],
    )
    traits = Traits(
        session=row["session"],
        turn=None if row["turn"] == NO_TURN else row["turn"],
        speaker=row["speaker"],
        asks=row["asks"],
        day=row["day"],
        written=row["written"],
    )
    return row["ns"], slot, traits


def _numbered(names: Any, of_row: Ordinals) -> tuple[npt.NDArray[np.int64], TextParts]:  # noqa: ANN401
    """A number for each namespace's name, by row, -1 without one; and what they mean."""
    encoded = names.dictionary_encode()
    codes = encoded.indices.fill_null(NONE).to_numpy()
    known = np.flatnonzero(codes != NONE)
    distinct = _texts(encoded.dictionary).encoded()
    namespaces, places = np.unique(of_row[known], return_inverse=True)
    pairs, meant = np.unique(
        places.astype(np.int64) * len(distinct) + codes[known], return_inverse=True
    )
    numbers = np.full(len(of_row), NONE, np.int64)
    numbers[known] = meant
    texts = Texts.of([distinct[code] for code in (pairs % max(len(distinct), 1)).tolist()])
    of_name = namespaces[pairs // max(len(distinct), 1)]
    return numbers, TextParts([texts], keys_of(of_name, texts))


def _texts(column: Any) -> Texts:  # noqa: ANN401
    """The texts of an Arrow column without NULLs."""
    _, starts, data = column.cast(pa.large_string()).buffers()
    length = len(column) + 1
    return Texts(
        starts=np.frombuffer(starts, np.int64, length) if starts else np.zeros(length, np.int64),
        data=np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8),
    )


def _data(column: Any) -> memoryview:  # noqa: ANN401
    """The bytes of an Arrow column of hashes, one after the other."""
    return memoryview(column.buffers()[2] or b"")
