"""Columns from the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from memory_service.model.filters import Field
from memory_service.store.filtering.columns import (
    FALSE,
    NUMBER,
    TEXT,
    TRUE,
    MetadataColumn,
    NameColumn,
    TimeColumn,
    TurnColumn,
)
from memory_service.store.filtering.comparing import NO_INSTANT
from memory_service.store.filtering.tags import SealedTags, TagColumn
from memory_service.store.filtering.words import NO_TEXT, TextColumn
from memory_service.store.statements import statement

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.model.read import Ordinals
    from memory_service.store.connection import Database
    from memory_service.store.filtering.columns import Column
    from memory_service.store.filtering.evaluating import ColumnName

_TIMES = {
    Field.EVENT_TIME: "event_at",
    Field.CREATED_AT: "created_at",
    Field.UPDATED_AT: "updated_at",
    Field.EXPIRES_AT: "expires_at",
}


def load_ordinals(database: Database, number: int) -> Ordinals:
    """The live entries of a namespace, rising."""
    found = database.columns(statement("select_ordinals"), {"ns": number})["seq"]
    return found.astype(np.int64)


def load_column(database: Database, number: int, name: ColumnName, ordinals: Ordinals) -> Column:
    """A field of these entries of a namespace; they rise.

    For one whose row is gone, being dead, anything may stand there.

    Raises:
        StorageError: If it cannot be read.
    """
    column = _read(database, number, name, ordinals)
    # What was needed on the way is more than what is kept, and would stay with the process.
    pa.default_memory_pool().release_unused()
    return column


def _read(database: Database, number: int, name: ColumnName, ordinals: Ordinals) -> Column:
    if name.field is Field.METADATA:
        pointer = "/" + name.key.replace("~", "~0").replace("/", "~1")
        expression = "json_extract(metadata, $pointer::VARCHAR)::VARCHAR"
        values = _values(database, number, expression, ordinals, {"pointer": pointer})
        return _metadata(name.key, values)
    if name.field is Field.TAGS:
        return _tags(_values(database, number, "tags", ordinals))
    if name.field is Field.TURN:
        turns = _values(database, number, "turn::DOUBLE", ordinals)
        return TurnColumn(turns.fill_null(np.nan).to_numpy())
    if name.field in _TIMES:
        instants = _values(database, number, _TIMES[name.field], ordinals)
        return TimeColumn(name.field, instants.fill_null(NO_INSTANT).to_numpy())
    texts = _values(database, number, name.field.value, ordinals)
    return NameColumn(name.field, _texts(texts, distinct=name.field is not Field.ID))


def _values(
    database: Database,
    number: int,
    expression: str,
    ordinals: Ordinals,
    parameters: dict[str, object] | None = None,
) -> pa.Array:
    """The values of these, in their order."""
    sql = statement("select_column").replace("/* field */", expression)
    upto = int(ordinals[-1]) if len(ordinals) else 0
    table = database.table(sql, {"ns": number, "upto": upto, **(parameters or {})})
    found = table["seq"].to_numpy()
    values = table["value"].combine_chunks()
    if len(found) == len(ordinals) and (found == ordinals).all():
        return values
    if not len(found):
        return pa.nulls(len(ordinals), values.type)
    order = np.argsort(found, kind="stable")
    places = np.searchsorted(found, ordinals, sorter=order).clip(max=len(found) - 1)
    return values.take(pa.array(order[places]))


def _texts(values: pa.Array, *, distinct: bool = True) -> TextColumn:
    """Texts, each of which is kept once, unless they differ anyway."""
    if not distinct:
        return TextColumn(np.arange(len(values), dtype=np.int32), values)
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(NO_TEXT).to_numpy().astype(np.int32)
    return TextColumn(codes, encoded.dictionary)


def _tags(values: pa.Array) -> TagColumn:
    rows = pc.list_parent_indices(values).to_numpy().astype(np.int32)
    encoded = pc.list_flatten(values).dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int32)
    return TagColumn(SealedTags(encoded.dictionary, codes, rows), len(values))


def _metadata(key: str, values: pa.Array) -> MetadataColumn:
    """From JSON, one value per row; null and a missing one are the same."""
    first = _first_bytes(values)
    texts, truths = first == ord('"'), (first == ord("t")) | (first == ord("f"))
    numbers = (first == ord("-")) | ((first >= ord("0")) & (first <= ord("9")))
    kinds = np.zeros(len(values), np.int8)
    kinds[texts], kinds[numbers] = TEXT, NUMBER
    kinds[truths] = np.where(first[truths] == ord("t"), TRUE, FALSE)
    read = np.full(len(values), np.nan)
    read[numbers] = pc.cast(values.filter(pa.array(numbers)), pa.float64()).to_numpy()
    said = pc.if_else(pa.array(texts), values, pa.scalar(None, pa.string()))
    return MetadataColumn(key, kinds, read, _unquoted(said))


def _first_bytes(values: pa.Array) -> npt.NDArray[np.uint8]:
    """The first byte of every text; 0 for null."""
    _, starts, data = pc.cast(values, pa.large_string()).buffers()
    there = values.is_valid().to_numpy(zero_copy_only=False)
    first = np.zeros(len(values), np.uint8)
    places = np.frombuffer(starts, np.int64)[: len(values)][there]
    first[there] = np.frombuffer(data, np.uint8)[places] if len(places) else 0
    return first


def _unquoted(values: pa.Array) -> TextColumn:
    """A column of JSON strings, as what they say."""
    encoded = values.dictionary_encode()
    said = pc.utf8_slice_codeunits(encoded.dictionary, 1, -1)
    escaped = pc.match_substring(said, "\\").to_numpy(zero_copy_only=False)
    if escaped.any():
        texts = said.to_pylist()
        for place in np.flatnonzero(escaped).tolist():
            texts[place] = json.loads(f'"{texts[place]}"')
        said = pa.array(texts, pa.string())
    codes = encoded.indices.fill_null(NO_TEXT).to_numpy().astype(np.int32)
    return TextColumn(codes, said)
