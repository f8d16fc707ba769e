"""Records as Arrow tables, ready to be inserted."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import xxhash

from memory_service.model.postings import PostingRows
from memory_service.store.payload import instant, stored_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Sized

    from memory_service.model.write import Receipt
    from memory_service.store.records import (
        ChangeRow,
        EntryRow,
        NamespaceRow,
        ReceiptRow,
        Rows,
        SettingRow,
        TombstoneRow,
        VectorsRow,
    )

_TEXT, _BYTES, _WHOLE = pa.string(), pa.binary(), pa.int64()


def term_key(number: int, term: str) -> int:
    """What stands for a term of one namespace in the index: 64 bits of xxh3.

    Two keys of a store with five million terms collide with a probability below 1e-6; a posting
    of another namespace would be dropped, since its ordinal is not in this one.
    """
    return xxhash.xxh3_64_intdigest(term.encode(), seed=number)


def tables_of(rows: Rows) -> Iterator[tuple[str, pa.Table]]:
    """The statements that insert *rows*, each with its table; none for what is empty."""
    makers: list[tuple[str, Callable[[Any], pa.Table], Sized]] = [
        ("insert_changes", _changes, rows.changes),
        ("insert_entries", _entries, rows.entries),
        ("insert_vectors", _vectors, rows.vectors),
        ("insert_next_vectors", _vectors, rows.next_vectors),
        ("insert_postings", _postings, rows.postings or ()),
        ("insert_tombstones", _tombstones, rows.tombstones),
        ("insert_namespaces", _namespaces, rows.namespaces),
        ("insert_settings", _settings, rows.settings),
        ("insert_receipts", _receipts, rows.receipts),
    ]
    for name, make, records in makers:
        if records:
            yield name, make(records)


def _table(
    columns: Sequence[tuple[str, pa.DataType]], rows: Iterable[Sequence[object]]
) -> pa.Table:
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [
        pa.array(column, type=kind) for column, (_, kind) in zip(values, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[name for name, _ in columns])


_CHANGE = [
    ("epoch", _WHOLE),
    ("seq", _WHOLE),
    ("chain", _BYTES),
    ("digest", _BYTES),
    ("kind", _TEXT),
    ("ns", _WHOLE),
    ("namespace", _TEXT),
    ("id", _TEXT),
    ("previous", _WHOLE),
    ("done_at", _WHOLE),
]


def _changes(records: Sequence[ChangeRow]) -> pa.Table:
    return _table(
        _CHANGE,
        (
            (
                row.change.position.epoch,
                row.change.position.seq,
                row.change.position.chain,
                row.change.digest,
                str(row.change.kind),
                row.number,
                row.change.namespace,
                row.change.id,
                row.change.previous,
                instant(row.change.at),
            )
            for row in records
        ),
    )


_ENTRY = [
    ("seq", _WHOLE),
    ("first_seq", _WHOLE),
    ("ns", _WHOLE),
    ("id", _TEXT),
    ("version", _WHOLE),
    ("text", _TEXT),
    ("summary", _TEXT),
    ("kind", _TEXT),
    ("scope", _TEXT),
    ("tags", pa.list_(_TEXT)),
    ("metadata", _TEXT),
    ("session", _TEXT),
    ("turn", _WHOLE),
    ("speaker", _TEXT),
    ("source", _TEXT),
    ("event_time", _TEXT),
    ("event_at", _WHOLE),
    ("created_at", _WHOLE),
    ("updated_at", _WHOLE),
    ("expires_at", _WHOLE),
    ("content_hash", _BYTES),
    ("draft_hash", _BYTES),
    ("nonce", _BYTES),
    ("length", _WHOLE),
]


def _entries(records: Sequence[EntryRow]) -> pa.Table:
    return _table(_ENTRY, (_entry_values(row) for row in records))


def _entry_values(row: EntryRow) -> tuple[object, ...]:
    draft, slot = row.entry.draft, row.slot
    event = draft.event_time
    return (
        slot.ordinal,
        slot.first_seq,
        row.number,
        slot.id,
        slot.version,
        draft.text,
        draft.summary,
        draft.kind,
        draft.scope,
        list(draft.tags),
        json.dumps(dict(draft.metadata), ensure_ascii=False),
        draft.session,
        draft.turn,
        draft.speaker,
        draft.source,
        event.isoformat() if event else None,
        instant(event) if event else None,
        slot.created_at,
        instant(row.entry.updated_at),
        slot.expires_at,
        slot.content_hash,
        slot.draft_hash,
        row.nonce,
        slot.length,
    )


_VECTOR = [
    ("seq", _WHOLE),
    ("entry", _WHOLE),
    ("ns", _WHOLE),
    ("part", pa.int32()),
    ("start", pa.int32()),
    ("stop", pa.int32()),
    ("nonce", _BYTES),
    ("x", _BYTES),
]


def _vectors(records: Sequence[VectorsRow]) -> pa.Table:
    return _table(
        _VECTOR,
        (
            (
                row.seq,
                row.ordinal,
                row.number,
                part,
                passage.span.start,
                passage.span.stop,
                row.nonce,
                stored_vector(passage.vector),
            )
            for row in records
            for part, passage in enumerate(row.passages)
        ),
    )


def posting_rows(records: Sequence[EntryRow]) -> PostingRows:
    """The postings of these entries, by entry, then by key."""
    lengths = np.array([len(row.terms) for row in records], np.uint32)
    entries = np.repeat(np.arange(len(records)), lengths)
    keys = np.fromiter(_keys(records), np.uint64, len(entries))
    order = np.lexsort((keys, entries))
    keys, entries = keys[order], entries[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]) | (entries[1:] != entries[:-1])
    first = np.flatnonzero(new)
    ordinals = np.array([row.slot.ordinal for row in records], np.int64)
    return PostingRows(
        keys=keys[first],
        ordinals=ordinals[entries[first]],
        tf=np.diff(first, append=len(keys)).astype(np.uint32),
        lengths=lengths[entries[first]],
    )


def _keys(records: Sequence[EntryRow]) -> Iterator[int]:
    """The key of every term of every entry; many have the same."""
    known: dict[int, dict[str, int]] = {}
    for row in records:
        of_number = known.setdefault(row.number, {})
        for term in row.terms:
            if (key := of_number.get(term)) is None:
                key = of_number[term] = term_key(row.number, term)
            yield key


def _postings(rows: PostingRows) -> pa.Table:
    arrays = [pa.array(column) for column in (rows.keys, rows.ordinals, rows.tf, rows.lengths)]
    return pa.Table.from_arrays(arrays, names=["term", "seq", "tf", "len"])


def _tombstones(records: Sequence[TombstoneRow]) -> pa.Table:
    columns = [("ns", _WHOLE), ("seq", _WHOLE), ("died", _WHOLE)]
    return _table(columns, ((row.number, row.ordinal, row.died) for row in records))


def _namespaces(records: Sequence[NamespaceRow]) -> pa.Table:
    columns = [("seq", _WHOLE), ("ns", _WHOLE), ("name", _TEXT), ("dropped", pa.bool_())]
    return _table(columns, ((row.seq, row.number, row.name, row.dropped) for row in records))


def _settings(records: Sequence[SettingRow]) -> pa.Table:
    columns = [("seq", _WHOLE), ("ns", _WHOLE), ("key", _TEXT), ("value", _TEXT)]
    return _table(columns, ((row.seq, row.number, row.key, row.value) for row in records))


_RECEIPT = [
    ("key", _TEXT),
    ("namespace", _TEXT),
    ("body_digest", _BYTES),
    ("receipt", _TEXT),
    ("seq", _WHOLE),
    ("done_at", _WHOLE),
]


def _receipts(records: Sequence[ReceiptRow]) -> pa.Table:
    return _table(
        _RECEIPT,
        (
            (
                row.key,
                row.namespace,
                row.remembered.body_digest,
                _receipt_text(row.remembered.receipt),
                row.remembered.receipt.position.seq,
                row.remembered.at,
            )
            for row in records
        ),
    )


def _receipt_text(receipt: Receipt) -> str:
    outcomes = [asdict(outcome) for outcome in receipt.outcomes]
    return json.dumps({"position": str(receipt.position), "outcomes": outcomes})
