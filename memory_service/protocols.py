"""The seams: who stores, who embeds, who indexes, who looks twice.

Implementations do not import these; they fit.  Each protocol has one contract suite under
`tests/contracts`, run over every implementation and compared with an exact oracle.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from memory_service.model.entry import Entry, EntryDraft, Span
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf, Version
    from memory_service.model.keeping import BackupManifest, CompactReport
    from memory_service.model.read import (
        BackendStatus,
        Change,
        DenseLeg,
        Fetched,
        LexicalLeg,
        LexicalQuery,
        NamespaceSummary,
        Ordinals,
        Page,
        PageRequest,
        PendingEntry,
        Scores,
        SessionSummary,
        Surroundings,
    )
    from memory_service.model.selection import Selection
    from memory_service.model.write import Idempotency, Receipt, WriteRequest

#: Unit vectors, one per row, float32.
Vectors = npt.NDArray[np.float32]
#: One unit vector, float32.
Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderIdentity:
    """What makes two embedders interchangeable; part of a store's fingerprint.

    `sha256` is the hash of the weights file, in hex; empty for an embedder without weights.
    `window` is the most tokens of one text, special tokens included.
    """

    name: str
    revision: str
    sha256: str
    dimensions: int
    window: int
    pooling: str
    normalised: bool

    @property
    def space(self) -> str:
        """What tells its vectors from those of any other: a hash of all it is, in hex."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class Embedder(Protocol):
    """Turns texts into unit vectors; deterministic, thread-safe."""

    @property
    def identity(self) -> EmbedderIdentity:
        """What this embedder is."""
        ...

    def windows(self, header: str, body: str) -> list[Span]:
        """Overlapping spans of *body*, each of which fits the window together with *header*.

        They cover the whole body in order.  A body that fits gives one span over all of it.
        """
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in order, shape `(len(texts), dimensions)`.

        A text longer than the window is embedded by its first window: call `windows` first.

        Raises:
            UnavailableError: If the model cannot be run now.
        """
        ...

    def close(self) -> None:
        """Free what it holds; embedding afterwards raises `UnavailableError`."""
        ...


class Reranker(Protocol):
    """Reads a query together with a text, closer and slower than vectors do; thread-safe."""

    def score(self, query: str, texts: Sequence[str]) -> Scores:
        """How well each text answers, in order, higher is better; shape `(len(texts),)`.

        Scores have no scale of their own, but those of one query compare, whatever call they come
        from.  The same call gives the same bits.  What is too long is cut.

        Raises:
            UnavailableError: If it cannot be run now.
        """
        ...

    def close(self) -> None:
        """Free what it holds; scoring afterwards raises `UnavailableError`."""
        ...


class VectorIndex(Protocol):
    """Finds the nearest vectors of one namespace; scores are cosines, higher is better.

    An ordinal may have several vectors (parts); its score is its best part's.  Ties go by
    ordinal.  Adds and removals are visible to every search that starts after they return.
    Searches run in parallel with each other and with adds.
    """

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        ...

    def __len__(self) -> int:
        """How many ordinals are in it."""
        ...

    def add(self, ordinals: Ordinals, parts: npt.NDArray[np.int32], vectors: Vectors) -> None:
        """Add vectors; the rows of one ordinal must come in one call, and only once."""
        ...

    def remove(self, ordinals: Ordinals) -> None:
        """Take these out; unknown ones are ignored."""
        ...

    def search(self, query: Vector, k: int, *, allowed: Selection | None = None) -> DenseLeg:
        """The *k* best ordinals by falling score; with *allowed*, among those alone."""
        ...

    def score(self, query: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact scores of these, in their order; NaN and part -1 for one without vectors."""
        ...

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order, shape `(len(ordinals), dimensions)`.

        A row of NaN for an ordinal without vectors or with several.
        """
        ...


class Reader(Protocol):
    """A namespace under one filter at one instant, for one recall.

    Entries that are forgotten, replaced or expired never come out of it.  An entry that changes
    while the reader is open may be missing from later answers.
    """

    def lexical(self, text: str, depth: int) -> LexicalLeg:
        """The *depth* best entries by BM25 with a score above 0.

        They come by falling score, ties by ordinal.  What the scores are made of (how many
        entries there are and hold a term, how long they are) is of the whole namespace, whatever
        the filter.
        """
        ...

    def dense(self, vector: Vector, depth: int) -> DenseLeg:
        """The *depth* best entries by cosine, by falling score, ties by ordinal."""
        ...

    def score_lexical(self, query: LexicalQuery, ordinals: Ordinals) -> LexicalLeg:
        """The exact BM25 scores of these, in their order; 0 where nothing matches.

        Any live entries of the namespace may be asked for, whether a leg found them or not; the
        filter does not apply.
        """
        ...

    def score_dense(self, vector: Vector, ordinals: Ordinals) -> DenseLeg:
        """The exact cosines of these and the `vectors`, in their order; NaN where there are none.

        Any live entries of the namespace may be asked for; the filter does not apply.
        """
        ...

    def sample(self, count: int) -> Ordinals:
        """At most *count* of the namespace's entries, whatever the filter, rising.

        Evenly spread in the order they were written; always the same for the same entries.
        """
        ...

    def surroundings(self, ordinals: Ordinals) -> Surroundings:
        """What a ranking may know of these in their order, passing the filter or not; from memory.

        Neighbours that are forgotten or expired are stepped over; one that does not pass the
        filter gives -1, for the filter holds for all that a recall looks at.
        """
        ...

    def with_neighbours(self, ordinals: Ordinals) -> Surroundings:
        """The `surroundings` of these and of all that they name before and after, rising.

        Each once; those that are not alive are left out.
        """
        ...

    def around(self, ordinals: Ordinals, reach: int) -> list[Ordinals]:
        """For each of these, what is at most *reach* steps before or after it in its session.

        In the session's order, itself left out; from memory.  What is forgotten or expired is
        stepped over and is no step; a side ends before an entry that does not pass the filter.
        Empty for one without a session, or that is not alive.
        """
        ...

    def vectors(self, ordinals: Ordinals) -> Vectors:
        """The vectors of these in their order, at the precision that `score_dense` uses.

        A row of NaN for an entry without vectors, with several passages, or that is not alive.
        The shape is `(len(ordinals), dimensions)`, and `(len(ordinals), 0)` while there is no
        index.  The filter does not apply.
        """
        ...

    def numbers(self, ordinals: Ordinals, names: Sequence[str]) -> Scores:
        """The numbers that these have in their metadata, shape `(len(ordinals), len(names))`.

        NaN where there is no such name or no number under it (true and false are none), and for
        an entry that is not alive.  The ordinals are distinct; the filter does not apply.
        """
        ...

    def waiting(self) -> int:
        """How many of the namespace's entries wait for their vectors, whatever the filter."""
        ...

    def recent(self, limit: int) -> Ordinals:
        """The entries written last, newest first."""
        ...

    def ids(self, ordinals: Ordinals) -> list[str]:
        """The ids of these, from memory; an unknown ordinal gives an empty string."""
        ...

    def fetch(self, ordinals: Ordinals) -> list[Fetched | None]:
        """These entries in order; `None` for one that is gone.

        An entry of several passages comes with their spans, others without.  The ordinals are
        distinct.
        """
        ...

    def neighbours(self, ordinal: int, before: int, after: int) -> list[Entry]:
        """The entries around this one in its session, in order, itself left out.

        Empty when it has no session.  The filter does not apply.
        """
        ...


class Reembedding(Protocol):
    """Lets another model serve a store: gathers its vectors beside those that do, then switches.

    While they are gathered, writes bring vectors of both models (`Passage.space`), and nothing
    that is read shows it.  What was gathered survives a crash.  `waiting` is asked by one thread.
    """

    @property
    def serving(self) -> EmbedderIdentity | None:
        """The model whose vectors serve; `None` while there is none."""
        ...

    @property
    def coming(self) -> EmbedderIdentity | None:
        """The model whose vectors are gathered; `None` when there is none."""
        ...

    @property
    def left(self) -> int:
        """How many entries have no vectors of it yet; from memory, and at times a few too many."""
        ...

    def begin(self, identity: EmbedderIdentity, *, now: datetime) -> None:
        """Gather the vectors of this model from now on; what was gathered of it is kept.

        Of any other, it is given up first.

        Raises:
            StorageError: If that could not be committed.
        """
        ...

    def waiting(self, limit: int) -> list[PendingEntry]:
        """The oldest entries that have no vectors of it; add them with `AddVectors`."""
        ...

    def switch(self, *, now: datetime) -> bool:
        """Let it serve from now on, in one transaction; false if an entry is still without.

        Nothing may read while this runs that must not meet two models.

        Raises:
            StorageError: If that could not be committed; nothing was changed.
        """
        ...

    def cancel(self, *, now: datetime) -> None:
        """Gather no more, and give up what was gathered; nothing if nothing is.

        Raises:
            StorageError: If that could not be committed; nothing was changed.
        """
        ...


class StoreCopy(Protocol):
    """A store as it was at one position, until it is closed."""

    @property
    def manifest(self) -> BackupManifest:
        """What it is."""
        ...

    def read(self, offset: int, most: int) -> bytes:
        """Up to *most* bytes of its file; empty at the end."""
        ...

    def close(self) -> None:
        """Give it up.  Twice is once."""
        ...


class Backend(Protocol):
    """Where entries live and candidates come from.

    Writes are committed and synced when they return.  Reads see every write that returned
    before they started.  Thread-safe.
    """

    def reader(
        self, namespace: str, *, filter: Filter | None, now: datetime
    ) -> AbstractContextManager[Reader]:
        """Open a namespace for one recall.

        Raises:
            NamespaceNotFoundError: If it is not there.
        """
        ...

    def apply(self, request: WriteRequest) -> Receipt:
        """Commit these operations.

        A namespace comes into being with its first put.  With an idempotency key that was used
        before, nothing is done and the first receipt comes back as `replayed`.

        Raises:
            NamespaceNotFoundError: If it is not there and nothing in the request creates it.
            IdempotencyKeyReusedError: If the key was used with another body.
            ConflictError: If the request is atomic and an operation was refused.
            NotPrimaryError: If this node does not write.
            StorageError: If the commit failed; nothing was changed.
        """
        ...

    def replay(self, namespace: str, idempotency: Idempotency) -> Receipt | None:
        """The receipt of an earlier write with this key, or `None`.

        Raises:
            IdempotencyKeyReusedError: If the key was used with another body.
        """
        ...

    def unchanged(
        self, namespace: str, drafts: Sequence[EntryDraft], *, now: datetime
    ) -> list[bool]:
        """Which of these the namespace holds under their ids, to the letter; from memory.

        None of them while there is no such namespace.
        """
        ...

    def get(
        self, namespace: str, entry_id: str, *, now: datetime, as_of: AsOf | None = None
    ) -> Entry:
        """One entry; with *as_of* as it was then, as far as that is kept (see `Keeping`).

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            EntryNotFoundError: If it holds no such entry, or the entry has expired.
            InvalidInputError: If *as_of* is no position of this log.
        """
        ...

    def history(
        self, namespace: str, entry_id: str, *, now: datetime, limit: int
    ) -> tuple[Version, ...]:
        """The newest *limit* versions of one entry that are kept, newest first.

        Those of an earlier entry of that id are among them while it can be taken back.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            EntryNotFoundError: If no version is kept.
        """
        ...

    def forgotten(self, namespace: str, filter: Filter | None, *, now: datetime) -> list[str]:
        """The ids of what can be taken back and passes the filter, in the order it was forgotten.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
        """
        ...

    def page(self, request: PageRequest) -> Page:
        """Entries in order.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
            InvalidInputError: If its `as_of` is no position of this log.
        """
        ...

    def sessions(
        self, namespace: str, *, now: datetime, after: str | None, limit: int
    ) -> list[SessionSummary]:
        """Sessions by name, from the first after *after*.

        Raises:
            NamespaceNotFoundError: If there is no such namespace.
        """
        ...

    def namespaces(self) -> list[NamespaceSummary]:
        """Every namespace by name."""
        ...

    def pending(self, limit: int) -> list[PendingEntry]:
        """The oldest entries that wait for their vectors."""
        ...

    def expired(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Namespace and id of entries that are past their expiry and not yet forgotten."""
        ...

    def changes(self, after: int, limit: int) -> list[Change]:
        """Changes with a seq above *after*, in order."""
        ...

    def status(self) -> BackendStatus:
        """Figures from memory; never waits for the database."""
        ...

    def maintain(self) -> None:
        """Do what is due: merge the index, checkpoint, save snapshots.  Called when idle."""
        ...

    def copy(self) -> StoreCopy:
        """The store at one position; writes and reads go on while it is made.

        Raises:
            StorageError: If it cannot be written.
        """
        ...

    def compact(self) -> CompactReport:
        """Rewrite whatever may hold what is no more; writes wait shortly, reads go on.

        Raises:
            StorageError: If it cannot be done; nothing was changed.
        """
        ...

    def close(self) -> None:
        """Finish writes under way, checkpoint, save snapshots, release the files."""
        ...
