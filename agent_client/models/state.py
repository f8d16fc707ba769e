"""Namespaces and nodes in figures.

Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSummary:
    """A namespace, how much it holds, how much of that waits for vectors, and its settings."""

    name: str
    entries: int
    pending: int
    settings: Mapping[str, str | Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """Which model serves, from where, and in `detail` why not if its `state` is not `ready`."""

    state: str
    name: str | None = None
    revision: str | None = None
    sha256: str | None = None
    dimensions: int | None = None
    source: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reembed:
    """Another model on its way to serve: how many of all entries have its vectors.

    `state` is `loading`, `embedding`, `waiting` or `refused`; `detail` says why it goes no further.
    """

    model: str
    state: str
    done: int
    total: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReembedReport:
    """Which model is on its way, if one is."""

    reembed: Reembed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy of a store that waits to be read: what it is called, what it is, its one file."""

    backup: str
    schema_version: int
    cluster_id: str
    position: str
    fingerprint: str
    model: str
    entries: int
    changes: int
    namespaces: int
    vectors: int
    created_at: datetime
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What writing a store anew did.

    `writes_waited` is for how many seconds no write was taken; `removed` names files that may have
    held what was purged; `not_covered` what may still hold it.
    """

    position: str
    bytes_before: int
    bytes_after: int
    writes_waited: float
    removed: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A node in figures.

    `background_error` is what the last background work failed with; empty while it goes well.
    `disk` is `ok`, `warning` or `full`: then nothing more is stored until there is room.
    `damage` says what is wrong with the store and how to repair it, where `role` is `damaged`.
    """

    version: str
    role: str
    writable: bool
    position: str
    namespaces: int
    entries: int
    pending: int
    model: ModelStatus
    node_id: str = ""
    cluster_id: str = ""
    process_id: int | str = 0
    epoch: int = 0
    fingerprint: str = ""
    uptime_seconds: float = 0.0
    embedded_texts: int = 0
    data_folder: str = ""
    background_error: str = ""
    reembed: Reembed | None = None
    disk: str = ""
    disk_percent: float = 0.0
    damage: str = ""
