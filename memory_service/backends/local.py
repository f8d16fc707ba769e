"""A backend over one data folder: DuckDB for what is true, FAISS beside it for speed.

FOLDER/store/memory.duckdb    entries, postings, vectors, log
FOLDER/store/staging          the only place beside it the database may touch
FOLDER/index/vectors          the vectors and what finds them; can be removed at any time
FOLDER/index/lexical          the full-text index of all namespaces; the same
FOLDER/index/catalogue        what is known of every entry without asking the database; the same
FOLDER/index/records          what entries say, to be read without a query; the same
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from memory_service.backends.derived import Derived, vectors_in
from memory_service.backends.local_binding import check_passages, check_same, space_of
from memory_service.backends.local_options import LocalOptions
from memory_service.backends.local_reader import LocalReader
from memory_service.backends.local_reembedding import (
    Generation,
    LocalReembedding,
    ReembeddingSources,
)
from memory_service.errors import EntryNotFoundError, NamespaceNotFoundError, StorageError
from memory_service.index.analysis.analyser import ANALYSER_VERSION, Analyser
from memory_service.model.bm25 import Bm25
from memory_service.model.entry import KEY_TEMPLATE_VERSION, contextual_key
from memory_service.model.read import BackendStatus, PendingEntry
from memory_service.store.catalogue.loading import SealedSource, load_catalogue
from memory_service.store.catalogue.resealing import Resealing
from memory_service.store.connection import Database, DatabaseOptions
from memory_service.store.maintenance import tidy
from memory_service.store.making import Making
from memory_service.store.payload import draft_hash, instant
from memory_service.store.planning import Planner
from memory_service.store.queries import changes_after, page_of, sessions_of
from memory_service.store.schema import TextVersions, prepare, record_embedder
from memory_service.store.spaces import Spaces
from memory_service.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from memory_service.backends.local_reembedding import Switched
    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.filters import Filter
    from memory_service.model.read import (
        Change,
        NamespaceSummary,
        Page,
        PageRequest,
        SessionSummary,
    )
    from memory_service.model.write import Idempotency, Receipt, WriteRequest
    from memory_service.protocols import EmbedderIdentity
    from memory_service.store.catalogue.catalogue import Shelf
    from memory_service.store.records import Rows

__all__ = ["LocalBackend", "LocalOptions"]

_VERSIONS = TextVersions(analyser=ANALYSER_VERSION, key_template=KEY_TEMPLATE_VERSION)


class LocalBackend:
    """All of `Backend` over one folder, which nobody else may use meanwhile."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        options: LocalOptions,
        clock: Callable[[], datetime],
        token: Callable[[int], bytes],
    ) -> None:
        """Take up what *database* holds; use `open` instead."""
        self._database = database
        self._options = options
        self._clock = clock
        self._identity = prepare(database, versions=_VERSIONS, now=clock(), token=token)
        catalogue_file = folder / "index" / "catalogue" / "sealed"
        self._catalogue = load_catalogue(
            database,
            sealed=SealedSource(
                file=catalogue_file,
                cluster_id=self._identity.cluster_id,
                since=self._identity.switched,
            ),
            receipts_since=self._receipts_since(),
        )
        self._analyser = cache(Analyser)
        self._spaces = Spaces()
        making = Making(
            analyser=self._analyser,
            default_language=options.default_language,
            token=token,
            spaces=self._spaces,
        )
        self._planner = Planner(making=making, idempotency_hours=options.idempotency_hours)
        generation = Generation(number=self._identity.generation, switched=self._identity.switched)
        self._derived = Derived.beside(
            database,
            folder / "index",
            cluster_id=self._identity.cluster_id,
            position=self._catalogue.position,
            options=options,
            generation=generation,
        )
        self._retired: list[LocalVectors] = []
        self._checkpointed = self._catalogue.position
        if self._identity.embedder:
            self._bind_vectors()
        self._writer = Writer(database, self._catalogue, self._planner, follow=self._follow)
        self.reembedding = LocalReembedding(
            ReembeddingSources(
                database=database,
                catalogue=self._catalogue,
                records=self._derived.records,
                writer=self._writer,
                spaces=self._spaces,
                vectors=self._coming_vectors,
                take_over=self._take_over,
                serving=self.embedder_identity,
            ),
            folder / "index",
            generation=generation,
            coming=self._identity.coming,
        )
        self._resealing = Resealing(
            self._catalogue,
            file=catalogue_file,
            cluster_id=self._identity.cluster_id,
            least=options.seal_changes,
            run=self._writer.run,
        )

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        options: LocalOptions,
        clock: Callable[[], datetime],
        token: Callable[[int], bytes] = secrets.token_bytes,
    ) -> LocalBackend:
        """Open the store in *folder*, or make it.

        Args:
            folder: The data folder; its lock is held by the caller.
            options: Limits and constants.
            clock: Gives the time.
            token: Random bytes, as many as asked for.

        Raises:
            SchemaTooNewError: If a newer program wrote it.
            SchemaTooOldError: If an earlier program wrote it in another form.
            StorageError: If it cannot be opened.
            CorruptStoreError: If it is damaged or contradicts itself.
        """
        store = folder / "store"
        staging = store / "staging"
        staging.mkdir(parents=True, exist_ok=True)
        limits = DatabaseOptions(
            memory_limit=options.memory_limit,
            threads=options.threads,
            checkpoint_threshold=options.checkpoint_threshold,
        )
        database = Database(store / "memory.duckdb", staging=staging, options=limits)
        try:
            return cls(database, folder, options=options, clock=clock, token=token)
        except BaseException:
            # What went wrong first is what is said.
            with suppress(StorageError):
                database.close()
            raise

    def embedder_identity(self) -> EmbedderIdentity | None:
        """What fills the store; `None` while nothing was bound."""
        return self._identity.embedder

    def bind(self, identity: EmbedderIdentity | None) -> None:
        """Say who embeds from now on; `None`: nobody, recall is lexical.

        Raises:
            EmbedderChangedError: If the store holds entries and was bound to another embedder.
        """
        if identity is None or identity == self._identity.embedder:
            return
        if self._identity.embedder is not None:
            check_same(self._identity.embedder, identity, empty=self._is_empty())
        self._writer.run(lambda: record_embedder(self._database, identity))
        self._identity = replace(self._identity, embedder=identity)
        self._bind_vectors()

    def _bind_vectors(self) -> None:
        if (embedder := self._identity.embedder) is not None:
            self._bind(self._derived.vectors, embedder)
            self._spaces.serving = embedder.space

    def _bind(self, vectors: LocalVectors, embedder: EmbedderIdentity) -> None:
        numbers = [shelf.number for shelf in self._catalogue.all_shelves()]
        vectors.bind(space_of(embedder, self._identity.versions), numbers)

    def _coming_vectors(self, embedder: EmbedderIdentity, folder: Path) -> LocalVectors:
        vectors = vectors_in(
            folder,
            self._database,
            cluster_id=self._identity.cluster_id,
            options=self._options,
            coming=True,
        )
        self._bind(vectors, embedder)
        return vectors

    def _take_over(self, switched: Switched) -> None:
        self._retired.append(self._derived.vectors)
        self._derived = replace(self._derived, vectors=switched.vectors)
        self._identity = replace(
            self._identity,
            embedder=switched.identity,
            coming=None,
            generation=switched.generation.number,
            switched=switched.generation.switched,
        )
        self._spaces.serving = switched.identity.space

    def _follow(self, rows: Rows) -> None:
        self._derived.follow(rows)
        self.reembedding.follow(rows)

    def _is_empty(self) -> bool:
        return not self._catalogue.entries

    @contextmanager
    def reader(
        self, namespace: str, *, filter: Filter | None, now: datetime
    ) -> Iterator[LocalReader]:
        """Open a namespace for one recall; see `Backend`."""
        shelf = self._shelf(namespace)
        sources = self._derived.sources(
            self._database,
            self._analyser(shelf.settings["language"]),
            Bm25(k1=self._options.k1, b=self._options.b),
        )
        yield LocalReader(sources, shelf, filter=filter, now=now)

    def _shelf(self, namespace: str) -> Shelf:
        shelf = self._catalogue.shelf(namespace)
        if shelf is None:
            raise NamespaceNotFoundError(
                f"There is no namespace {namespace!r}; it begins with its first entry."
            )
        return shelf

    def apply(self, request: WriteRequest) -> Receipt:
        """Commit these operations; see `Backend`."""
        check_passages(request.operations, self._identity.embedder, self.reembedding.coming)
        return self._writer.apply(request)

    def replay(self, namespace: str, idempotency: Idempotency) -> Receipt | None:
        """The receipt of an earlier write with this key, or `None`."""
        return self._planner.replay(self._catalogue, namespace, idempotency, self._clock())

    def unchanged(
        self, namespace: str, drafts: Sequence[EntryDraft], *, now: datetime
    ) -> list[bool]:
        """Which of these are there already, to the letter; see `Backend`."""
        shelf = self._catalogue.shelf(namespace)
        if shelf is None:
            return [False] * len(drafts)
        slots = [shelf.find(draft.id) for draft in drafts]
        return [
            slot is not None
            and not slot.expired(instant(now))
            and slot.draft_hash == draft_hash(draft)
            for slot, draft in zip(slots, drafts, strict=True)
        ]

    def get(self, namespace: str, entry_id: str, *, now: datetime) -> Entry:
        """One entry; see `Backend`."""
        shelf = self._shelf(namespace)
        slot = shelf.find(entry_id)
        if slot is None or slot.expired(instant(now)):
            raise _not_found(namespace)
        found = self._derived.records.entries(shelf, [slot.ordinal])
        if found:
            return found[0]
        if shelf.find(entry_id) in (None, slot):
            raise _not_found(namespace)
        return self.get(namespace, entry_id, now=now)

    def page(self, request: PageRequest) -> Page:
        """Entries in order; see `Backend`."""
        return page_of(self._database, self._shelf(request.namespace), request)

    def sessions(
        self, namespace: str, *, now: datetime, after: str | None, limit: int
    ) -> list[SessionSummary]:
        """Sessions by name, from the first after *after*."""
        shelf = self._shelf(namespace)
        return sessions_of(self._database, shelf, now=now, after=after, limit=limit)

    def namespaces(self) -> list[NamespaceSummary]:
        """Every namespace by name."""
        return [shelf.summary() for shelf in self._catalogue.all_shelves()]

    def pending(self, limit: int) -> list[PendingEntry]:
        """The oldest entries that wait for their vectors."""
        found = []
        for shelf, ordinals in self._catalogue.oldest_pending(limit):
            for entry in self._derived.records.entries(shelf, ordinals):
                key = contextual_key(entry.draft)
                found.append(PendingEntry(namespace=shelf.name, ordinal=entry.ordinal, key=key))
        return sorted(found, key=lambda entry: entry.ordinal)

    def expired(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Namespace and id of entries that are past their expiry and not yet forgotten."""
        return self._catalogue.expired(now, limit)

    def changes(self, after: int, limit: int) -> list[Change]:
        """Changes with a seq above *after*, in order."""
        return changes_after(self._database, after, limit)

    def status(self) -> BackendStatus:
        """Figures from memory."""
        return BackendStatus(
            cluster_id=self._identity.cluster_id,
            position=self._catalogue.position,
            namespaces=len(self._catalogue.shelves),
            entries=self._catalogue.entries,
            pending=self._catalogue.pending,
            fingerprint=self._derived.vectors.space.fingerprint
            if self._derived.vectors.space
            else "",
        )

    def maintain(self) -> None:
        """Do what is due: indexes, dead rows, checkpoint, snapshots.  Writes wait for it."""
        while self._retired:
            self._retired.pop().remove()
        self._derived.maintain()
        self.reembedding.maintain()
        self._writer.run(self._tidy)
        self._derived.settle()
        self._resealing.maintain(self._clock())

    def _tidy(self) -> None:
        since, position = self._receipts_since(), self._catalogue.position
        self._catalogue.receipts.forget(since, self._options.most_receipts)
        self._derived.lexical.bury()
        done = tidy(self._database, receipts_since=since, most_dead=self._options.merge_dead)
        if done or position != self._checkpointed:
            self._database.checkpoint()
            self._checkpointed = position
        self._derived.vectors.save(position.seq, changes=self._options.save_changes)
        self.reembedding.save(position.seq, changes=self._options.save_changes)

    def _receipts_since(self) -> int:
        return instant(self._clock() - timedelta(hours=self._options.idempotency_hours))

    def close(self) -> None:
        """Finish writes under way, save the indexes, checkpoint, release the files.

        Raises:
            StorageError: If one of these failed; the others are done all the same.
        """
        with ExitStack() as last_to_first:
            last_to_first.callback(self._database.close)
            last_to_first.callback(self._database.checkpoint)
            last_to_first.callback(self._derived.close)
            last_to_first.callback(self._resealing.close)
            last_to_first.callback(self.reembedding.close)
            for vectors in self._retired:
                last_to_first.callback(vectors.remove)
            self._writer.close()
            self._derived.vectors.save(self._catalogue.position.seq, changes=1)
            self.reembedding.save(self._catalogue.position.seq, changes=1)


def _not_found(namespace: str) -> EntryNotFoundError:
    return EntryNotFoundError(f"The namespace {namespace!r} holds no entry of that id.")
