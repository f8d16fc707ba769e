"""The rows against the log and against each other: entries, vectors, postings, expiry."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from memory_service.backends.verifying.findings import RESTORE, Check, Places
from memory_service.backends.verifying.rows import entries_between
from memory_service.index.vectors.halves import HALF
from memory_service.model.entry import contextual_key
from memory_service.store.payload import instant
from memory_service.store.statements import statement
from memory_service.store.tables import term_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from memory_service.backends.verifying.findings import Progress
    from memory_service.backends.verifying.rows import StoredEntry
    from memory_service.index.analysis.analyser import Analyser
    from memory_service.store.connection import Database
    from memory_service.store.schema import StoreIdentity

#: Changes whose rows are looked at at once.
_STRETCH = 2_000
#: The same, where only some stretches are.
_SAMPLED = 200
#: How far a unit vector's length may be from 1 at 16 bits.
_NORM = 0.01

_WORDS = {
    "entry_lost": "entries that were written, not forgotten, and have no row",
    "entry_unlogged": "rows of entries that the log does not know to be alive",
    "vector_lost": "changes that brought vectors which have no row",
    "vector_wrong_length": "vectors of another length than the embedder's",
    "vector_not_finite": "vectors with a number that is not finite",
    "vector_not_unit": "vectors whose length is not 1",
    "vector_parts_odd": "entries whose passages are not numbered from 0 on",
    "posting_differs": "entries whose postings are not those of their text",
    "expired_early": "entries that were taken out as expired before their time",
}


def check_entries(database: Database) -> Check:
    """Whoever the log says is alive has a row, and nobody else."""
    logged = database.columns(statement("logged_entries"))["seq"]
    live = database.columns(statement("select_live"), {"upto": 2**62})["seq"]
    places = Places()
    places.note("entry_lost", *np.setdiff1d(logged, live).tolist())
    places.note("entry_unlogged", *np.setdiff1d(live, logged).tolist())
    return _check("entries", len(live), places)


def check_vectors(
    database: Database, identity: StoreIdentity, *, newest: int, progress: Progress
) -> Check:
    """Every vector of a live entry is finite, of unit length and of its embedder's dimensions.

    So are those of a model that is on its way.
    """
    looked, places = 0, Places()
    models = {"switched": identity.switched, "coming": identity.coming is not None}
    lost = database.rows(statement("lost_vectors"), models)
    places.note("vector_lost", *(seq for (seq,) in lost))
    for after, until in _stretches(newest, _STRETCH):
        bounds = {"after": after, "until": until}
        for name, embedder in (
            ("select_vectors", identity.embedder),
            ("select_next_vectors", identity.coming),
        ):
            rows = database.rows(statement(name), bounds)
            _check_rows(rows, embedder.dimensions if embedder else None, places)
            looked += len(rows)
        progress("vectors", until, newest)
    return _check("vectors", looked, places)


def _check_rows(
    rows: Sequence[tuple[int, int, int, bytes]], dimensions: int | None, places: Places
) -> None:
    by_entry: defaultdict[int, list[int]] = defaultdict(list)
    for _, entry, part, x in rows:
        by_entry[entry].append(part)
        if code := _odd_vector(x, dimensions):
            places.note(code, entry)
    odd = [entry for entry, parts in by_entry.items() if parts != list(range(len(parts)))]
    places.note("vector_parts_odd", *odd)


def _odd_vector(data: bytes, dimensions: int | None) -> str:
    """The code of what is wrong with a stored vector; empty if nothing is."""
    if dimensions is None or len(data) != dimensions * HALF.itemsize:
        return "vector_wrong_length"
    vector = np.frombuffer(data, HALF).astype(np.float32)
    if not np.isfinite(vector).all():
        return "vector_not_finite"
    return "" if abs(float(np.linalg.norm(vector)) - 1) <= _NORM else "vector_not_unit"


def check_postings(
    database: Database,
    analyser: Callable[[str], Analyser],
    *,
    newest: int,
    sample: int | None,
    progress: Progress,
) -> Check:
    """The postings of an entry are those of its text; of *sample* entries, `None` for all."""
    languages = _languages(database)
    looked, places = 0, Places()
    for after, until in _sampled(newest, sample):
        stored = entries_between(database, after, until)
        held = _postings(database, after, until)
        for seq, each in stored.items():
            language = languages.get(each.number)
            if each.alive and language and held[seq] != _wanted(each, analyser(language)):
                places.note("posting_differs", seq)
            looked += each.alive
        progress("postings", until, newest)
    return _check("postings", looked, places)


def _wanted(stored: StoredEntry, analyser: Analyser) -> tuple[dict[int, int], set[int]]:
    """How often each term's key is to be there, and the lengths that are to be named."""
    terms = analyser.index_terms(contextual_key(stored.entry.draft).text)
    counts = Counter(term_key(stored.number, term) for term in terms)
    return dict(counts), ({stored.length, len(terms)} if terms else set())


def _postings(
    database: Database, after: int, until: int
) -> defaultdict[int, tuple[dict[int, int], set[int]]]:
    held: defaultdict[int, tuple[dict[int, int], set[int]]] = defaultdict(lambda: ({}, set()))
    bounds = {"after": after, "until": until}
    for seq, term, tf, length in database.rows(statement("verify_postings"), bounds):
        counts, lengths = held[seq]
        counts[term] = counts.get(term, 0) + tf
        lengths.add(length)
    return held


def check_expiry(database: Database, now: datetime) -> Check:
    """Nothing was taken out as expired before its time; how much waits to be is told."""
    ((expiring, past),) = database.rows(statement("count_expiring"), {"now": instant(now)})
    places = Places()
    places.note("expired_early", *(seq for (seq,) in database.rows(statement("expired_early"))))
    note = f"{past:,} are past it and go with the next upkeep" if past else ""
    return Check(
        name="expiry",
        looked_at=expiring,
        findings=places.findings(_WORDS.__getitem__, next_step=RESTORE),
        note=note,
    )


def _languages(database: Database) -> dict[int, str]:
    settings = database.rows(statement("select_settings"))
    return {number: value for number, key, value in settings if key == "language"}


def _stretches(newest: int, length: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + length, newest)) for start in range(0, newest, length))


def _sampled(newest: int, sample: int | None) -> Sequence[tuple[int, int]]:
    """Stretches of the log with about *sample* changes together, evenly spread."""
    if sample is None or newest <= sample:
        return list(_stretches(newest, _STRETCH))
    stretches = list(_stretches(newest, _SAMPLED))
    wanted = np.linspace(0, len(stretches) - 1, max(1, sample // _SAMPLED)).astype(int)
    return [stretches[place] for place in wanted.tolist()]


def _check(name: str, looked: int, places: Places) -> Check:
    findings = places.findings(_WORDS.__getitem__, next_step=RESTORE)
    return Check(name=name, looked_at=looked, findings=findings)
