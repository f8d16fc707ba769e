"""How a local backend behaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from memory_service.index.lexical.index import SETTLED
from memory_service.index.vectors.limits import EXACT_LIMIT, FLAT_LIMIT, GROWING_LIMIT, MATRIX_BYTES
from memory_service.model.history import Keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """Limits and constants of a local backend.

    Args:
        k1: BM25: how soon further occurrences of a word stop counting.
        b: BM25: how much the length of an entry counts, from 0 to 1.
        exact_limit: Up to how many vectors a namespace is searched exactly.
        flat_limit: Up to how many the codes of a namespace's vectors are in one list.
        growing_limit: How many vectors of a namespace may wait beside those codes.
        matrix_bytes: Memory for vectors that are searched exactly, of all namespaces together.
        memory_limit: The database's; the log of a crashed process must fit when it is replayed.
        threads: The database's, for one query; queries run beside each other whatever it is.
            Measured on two busy cores, one is faster: a small query waits for its second thread.
        checkpoint_threshold: How long the log may grow before a write pays for a checkpoint.
        default_language: Of namespaces that are made without settings.
        idempotency_hours: How long receipts are remembered.
        keeping: How much of the past may be asked for.
        most_receipts: How many of them at most, the newest.
        merge_dead: Dead versions from which `maintain` removes their rows.
        settled_postings: Postings in memory from which the full-text index writes them to a file.
        seal_changes: Changes of entries from which `maintain` writes the catalogue's file; where
            it holds more than 16 times as many, from a sixteenth of these.
        save_changes: Changes of vectors from which `maintain` saves the indexes.
        record_bytes: How long a file of records grows before the next is begun.
        record_dead: The dead share from which on such a file is rewritten.
        filter_bytes: How much the columns of filters take at most.
        disk_warn_percent: From how full a disk on it is said; 0: never.
        disk_refuse_percent: From how full a disk on writes are refused; 0: never.
        reserve_bytes: Room kept for a checkpoint on a full disk.
    """

    k1: float = 0.9
    b: float = 0.4
    exact_limit: int = EXACT_LIMIT
    flat_limit: int = FLAT_LIMIT
    growing_limit: int = GROWING_LIMIT
    matrix_bytes: int = MATRIX_BYTES
    memory_limit: str = "2GB"
    threads: int = 1
    checkpoint_threshold: str = "256MB"
    default_language: str = "english"
    idempotency_hours: float = 24.0
    keeping: Keeping = field(default_factory=Keeping)
    most_receipts: int = 100_000
    merge_dead: int = 256
    settled_postings: int = SETTLED
    seal_changes: int = 20_000
    save_changes: int = 5_000
    record_bytes: int = 1 << 28
    record_dead: float = 0.3
    filter_bytes: int = 128_000_000
    disk_warn_percent: float = 0.0
    disk_refuse_percent: float = 0.0
    reserve_bytes: int = 0
