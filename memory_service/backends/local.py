"""A backend over one data folder: DuckDB for what is true, FAISS beside it for speed.

FOLDER/store/memory.duckdb    entries, postings, vectors, log
FOLDER/store/reserve          room for a checkpoint on a full disk; can be removed at any time
FOLDER/store/head             how far its log had come
FOLDER/store/staging          the only place beside it the database may touch
FOLDER/index/vectors          the vectors and what finds them; can be removed at any time
FOLDER/index/vectors-N        the same once other models took over N times, or N-1 and one comes
FOLDER/index/lexical          the full-text index of all namespaces; the same
FOLDER/index/catalogue        what is known of every entry without asking the database; the same
FOLDER/index/records          what entries say, to be read without a query; the same
"""

from __future__ import annotations

import secrets
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from memory_service.backends.derived import Derived, vectors_in
from memory_service.backends.housekeeping import Housekeeping, receipts_since
from memory_service.backends.local_binding import check_passages, check_same, space_of
from memory_service.backends.local_database import VERSIONS, open_database
from memory_service.backends.local_head import LocalHead
from memory_service.backends.local_keeping import LocalKeeping
from memory_service.backends.local_options import LocalOptions
from memory_service.backends.local_past import LocalPast, not_found
from memory_service.backends.local_reader import LocalReader
from memory_service.backends.local_reembedding import (
    Generation,
    LocalReembedding,
    ReembeddingSources,
)
from memory_service.errors import NamespaceNotFoundError, StorageError
from memory_service.index.analysis.analyser import Analyser
from memory_service.model.bm25 import Bm25
from memory_service.model.entry import contextual_key
from memory_service.model.read import BackendStatus, PendingEntry
from memory_service.model.write import DropNamespace, Forget
from memory_service.store.catalogue.loading import SealedSource, load_catalogue
from memory_service.store.catalogue.resealing import Resealing
from memory_service.store.hooks import NO_HOOKS
from memory_service.store.making import Making
from memory_service.store.payload import draft_hash, instant
from memory_service.store.planning import Planner
from memory_service.store.queries import changes_after, page_of, sessions_of
from memory_service.store.room import Reserve, Room, disk_figures
from memory_service.store.schema import prepare, record_embedder
from memory_service.store.spaces import Spaces
from memory_service.store.taken import Naming
from memory_service.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from memory_service.backends.local_reembedding import Switched
    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.model.entry import Entry, EntryDraft
    from memory_service.model.filters import Filter
    from memory_service.model.history import AsOf, Version
    from memory_service.model.keeping import CompactReport
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
    from memory_service.store.connection import Database
    from memory_service.store.hooks import Hooks
    from memory_service.store.records import Rows
    from memory_service.store.taken import TakenCopy

__all__ = ["LocalBackend", "LocalOptions"]


#: What makes room in the end, and is therefore let through on a full disk.
_MAKES_ROOM = (Forget, DropNamespace)


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
        hooks: Hooks,
    ) -> None:
        """Take up what *database* holds; use `open` instead."""
        self._database = database
        self._options = options
        self._clock = clock
        self._identity = prepare(database, versions=VERSIONS, now=clock(), token=token)
        catalogue_file = folder / "index" / "catalogue" / "sealed"
        self._catalogue = load_catalogue(
            database,
            sealed=SealedSource(
                file=catalogue_file,
                cluster_id=self._identity.cluster_id,
                since=self._identity.switched,
            ),
            receipts_since=receipts_since(clock(), options.idempotency_hours),
        )
        self._catalogue.epoch = self._identity.epoch
        self._analyser = cache(Analyser)
        self._spaces = Spaces()
        making = Making(
            analyser=self._analyser,
            default_language=options.default_language,
            token=token,
            spaces=self._spaces,
        )
        self._past = LocalPast(database, options.keeping)
        self._planner = Planner(
            making=making, past=self._past.past, idempotency_hours=options.idempotency_hours
        )
        generation = Generation(number=self._identity.generation, switched=self._identity.switched)
        self._derived = Derived.beside(
            database,
            folder / "index",
            cluster_id=self._identity.cluster_id,
            position=self._catalogue.position,
            options=options,
            reach=hooks.reach,
            generation=generation,
        )
        self._reach = hooks.reach
        self._retired: list[LocalVectors] = []
        if self._identity.embedder:
            self._bind_vectors()
        figures = partial(disk_figures, folder)
        reserve = Reserve(folder / "store" / "reserve", options.reserve_bytes, figures)
        self._room = Room(
            figures,
            reserve=reserve,
            warn_percent=options.disk_warn_percent,
            refuse_percent=options.disk_refuse_percent,
        )
        self._housekeeping = Housekeeping(
            database,
            self._catalogue,
            self._derived.lexical,
            options=options,
            clock=clock,
            reserve=reserve,
            save_vectors=self._save_vectors,
        )
        self._head = LocalHead.take_up(
            database,
            folder / "store",
            cluster_id=self._identity.cluster_id,
            position=self._catalogue.position,
            on_failed=hooks.on_failed,
        )
        self._writer = Writer(
            database,
            self._catalogue,
            self._planner,
            follow=self._follow,
            note=self._head.note,
            hooks=hooks,
        )
        self.reembedding = self._reembedding(folder / "index", generation)
        self._resealing = Resealing(
            self._catalogue,
            file=catalogue_file,
            cluster_id=self._identity.cluster_id,
            least=options.seal_changes,
            run=self._writer.run,
        )
        self._keeping = LocalKeeping.over(database, folder, run=self._writer.run)
        self._upkeep = threading.Lock()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        options: LocalOptions,
        clock: Callable[[], datetime],
        token: Callable[[int], bytes] = secrets.token_bytes,
        hooks: Hooks = NO_HOOKS,
    ) -> LocalBackend:
        """Open the store in *folder*, or make it.

        Args:
            folder: The data folder; its lock is held by the caller.
            options: Limits and constants.
            clock: Gives the time.
            token: Random bytes, as many as asked for.
            hooks: Who is told when this process may not go on, and of failpoints.

        Raises:
            SchemaTooNewError: If a newer program wrote it.
            SchemaTooOldError: If an earlier program wrote it in another form.
            StorageError: If it cannot be opened.
            CorruptStoreError: If it is damaged or contradicts itself.
        """
        database = open_database(folder, options, hooks)
        try:
            return cls(database, folder, options=options, clock=clock, token=token, hooks=hooks)
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
        if self._head.damage is None:
            self._writer.run(lambda: record_embedder(self._database, identity))
        self._identity = replace(self._identity, embedder=identity)
        self._bind_vectors()

    def _reembedding(self, folder: Path, generation: Generation) -> LocalReembedding:
        sources = ReembeddingSources(
            database=self._database,
            catalogue=self._catalogue,
            records=self._derived.records,
            writer=self._writer,
            spaces=self._spaces,
            vectors=self._coming_vectors,
            take_over=self._take_over,
            serving=self.embedder_identity,
        )
        return LocalReembedding(
            sources, folder, generation=generation, coming=self._identity.coming
        )

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
            reach=self._reach,
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
        self._head.check_writable()
        check_passages(request.operations, self._identity.embedder, self.reembedding.coming)
        if not all(isinstance(operation, _MAKES_ROOM) for operation in request.operations):
            self._room.admit()
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

    def get(
        self, namespace: str, entry_id: str, *, now: datetime, as_of: AsOf | None = None
    ) -> Entry:
        """One entry; see `Backend`."""
        shelf = self._shelf(namespace)
        if as_of is not None:
            return self._past.entry(shelf, entry_id, now=now, as_of=as_of)
        slot = shelf.find(entry_id)
        if slot is None or slot.expired(instant(now)):
            raise not_found(namespace)
        found = self._derived.records.entries(shelf, [slot.ordinal])
        if found:
            return found[0]
        if shelf.find(entry_id) in (None, slot):
            raise not_found(namespace)
        return self.get(namespace, entry_id, now=now)

    def page(self, request: PageRequest) -> Page:
        """Entries in order; see `Backend`."""
        shelf = self._shelf(request.namespace)
        if request.as_of is not None:
            return self._past.page(shelf, request, request.as_of)
        return page_of(self._database, shelf, request)

    def history(
        self, namespace: str, entry_id: str, *, now: datetime, limit: int
    ) -> tuple[Version, ...]:
        """The versions of one entry, newest first; see `Backend`."""
        return self._past.history(self._shelf(namespace), entry_id, now=now, limit=limit)

    def forgotten(self, namespace: str, filter: Filter | None, *, now: datetime) -> list[str]:
        """The ids that can be taken back; see `Backend`."""
        return self._past.forgotten_ids(self._shelf(namespace), filter, now=now)

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
            disk=self._room.use(),
            damage=self._head.damage.detail if self._head.damage else "",
        )

    def maintain(self) -> None:
        """Do what is due: indexes, dead rows, checkpoint, snapshots.  Writes wait for it.

        A damaged store is left as it is.
        """
        if self._head.damage is not None:
            return
        with self._upkeep:
            self._maintain()
            self._resealing.maintain(self._clock())

    def _maintain(self, *, most_dead: int | None = None, changes: int | None = None) -> None:
        while self._retired:
            self._retired.pop().remove()
        self._derived.maintain()
        self.reembedding.maintain()
        self._writer.run(partial(self._housekeeping.run, most_dead=most_dead, changes=changes))
        self._past.trim(self._clock(), self._writer.run)
        self._derived.settle()

    def _save_vectors(self, seq: int, changes: int) -> None:
        self._derived.vectors.save(seq, changes=changes)
        self.reembedding.save(seq, changes=changes)

    def wait(self) -> None:
        """Return when what is derived has caught up with the store, or has given that up."""
        self._derived.wait()

    def copy(self) -> TakenCopy:
        """The store at one position, in a file of its own; see `Backend`."""
        model = self._identity.embedder
        return self._keeping.copy(
            Naming(
                cluster_id=self._identity.cluster_id,
                fingerprint=self.status().fingerprint,
                model=model.name if model else "",
                created_at=self._clock(),
            )
        )

    def compact(self, *, reached: Callable[[str], None] = lambda _: None) -> CompactReport:
        """Rewrite what holds what is no more; see `Backend`.

        *reached* is told the stages of `rewrite`, and `tidied` before and `resealed` after them.
        """
        self._head.check_writable()
        with self._upkeep:
            self._maintain(most_dead=1, changes=1)
            reached("tidied")
            report = self._keeping.compact(self._catalogue.position, reached=reached)
            self._resealing.reseal()
            reached("resealed")
            return report

    def close(self) -> None:
        """Finish writes under way, save the indexes, checkpoint, release the files.

        Raises:
            StorageError: If one of these failed; the others are done all the same.
        """
        with ExitStack() as last_to_first:
            last_to_first.callback(self._database.close)
            if self._head.damage is None:
                last_to_first.callback(self._housekeeping.checkpoint)
            last_to_first.callback(self._head.close)
            last_to_first.callback(self._derived.close)
            last_to_first.callback(self._resealing.close)
            last_to_first.callback(self.reembedding.close)
            for vectors in self._retired:
                last_to_first.callback(vectors.remove)
            self._writer.close()
            self._housekeeping.save()
