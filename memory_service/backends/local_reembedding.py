"""How another model comes to serve a local backend: its vectors gathered, then all at once.

Its vectors lie in a table of their own (`next_vector`) and in index files of their own; what
serves knows nothing of them.  The switch is one transaction: the table takes the place of the
other, the store says whose it is, and the log says when.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from memory_service.backends.missing_vectors import MissingVectors
from memory_service.model.entry import Span, contextual_key
from memory_service.model.read import ChangeKind, PendingEntry
from memory_service.store.chain import NO_NONCE, canonical, payload_digest
from memory_service.store.history_keeping import drop_past_vectors
from memory_service.store.records import SlotChanged
from memory_service.store.schema import embedder_text, note_meta
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from memory_service.backends.local_records import LocalRecords
    from memory_service.backends.local_vectors import LocalVectors
    from memory_service.protocols import EmbedderIdentity
    from memory_service.store.catalogue.catalogue import Catalogue, Shelf
    from memory_service.store.connection import Database, Session
    from memory_service.store.records import Rows
    from memory_service.store.spaces import Spaces
    from memory_service.store.stage import Stage
    from memory_service.store.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The model that serves: how many came before it, and the change that let it."""

    number: int
    switched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What serves from a switch on."""

    identity: EmbedderIdentity
    generation: Generation
    vectors: LocalVectors


@dataclass(frozen=True, slots=True, kw_only=True)
class ReembeddingSources:
    """What `LocalReembedding` works with.

    `vectors` makes, empty and with its numbers bound, what indexes the vectors of a model in the
    index folder of a generation; `take_over` lets it serve, on the writer's thread.
    """

    database: Database
    catalogue: Catalogue
    records: LocalRecords
    writer: Writer
    spaces: Spaces
    vectors: Callable[[EmbedderIdentity, Path], LocalVectors]
    take_over: Callable[[Switched], None]
    serving: Callable[[], EmbedderIdentity | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coming:
    identity: EmbedderIdentity
    vectors: LocalVectors
    missing: MissingVectors


class LocalReembedding:
    """All of `Reembedding` over the parts of a local backend."""

    def __init__(
        self,
        sources: ReembeddingSources,
        folder: Path,
        *,
        generation: Generation,
        coming: EmbedderIdentity | None,
    ) -> None:
        """Go on with *coming*, if there is one; before the first write.

        Args:
            sources: What it works with.
            folder: The folder of all indexes.
            generation: The model that serves.
            coming: The one whose vectors are gathered.
        """
        self._sources = sources
        self._folder = folder
        self._generation = generation
        self._coming: _Coming | None = None
        self._in_use = threading.Lock()
        for path in folder.glob("vectors*"):
            if path not in (self._of(0), self._of(1 if coming else 0)):
                shutil.rmtree(path, ignore_errors=True)
        if coming is not None:
            self._gather(coming)

    @property
    def serving(self) -> EmbedderIdentity | None:
        """The model whose vectors serve."""
        return self._sources.serving()

    @property
    def coming(self) -> EmbedderIdentity | None:
        """The model whose vectors are gathered."""
        return self._coming.identity if self._coming else None

    @property
    def left(self) -> int:
        """How many entries have none yet."""
        return self._coming.missing.left if self._coming else 0

    def begin(self, identity: EmbedderIdentity, *, now: datetime) -> None:
        """Gather the vectors of this model from now on; see `Reembedding`."""
        coming = self._coming
        if coming is not None and coming.identity == identity:
            return
        if coming is not None:
            self.cancel(now=now)
        shutil.rmtree(self._of(1), ignore_errors=True)
        payload = canonical(asdict(identity))

        def beside(session: Session) -> None:
            note_meta(session, "next_embedder", embedder_text(identity))
            _empty_next(session)

        self._sources.writer.change(
            _noting(ChangeKind.MODEL_BEGUN, payload, now),
            beside=beside,
            then=lambda: self._gather(identity),
        )

    def waiting(self, limit: int) -> list[PendingEntry]:
        """The oldest entries without its vectors; see `Reembedding`."""
        if self._coming is None:
            return []
        missing = self._coming.missing
        while found := missing.oldest(limit):
            shelves = {shelf.number: shelf for shelf in self._sources.catalogue.all_shelves()}
            alive = [(shelves[number], each) for number, each in found if number in shelves]
            entries = [pending for shelf, each in alive for pending in self._pending(shelf, each)]
            missing.leave_out({each for _, each in found} - {entry.ordinal for entry in entries})
            if entries:
                return entries
        return []

    def _pending(self, shelf: Shelf, ordinal: int) -> Iterator[PendingEntry]:
        for entry in self._sources.records.entries(shelf, [ordinal]):
            key = contextual_key(entry.draft)
            yield PendingEntry(namespace=shelf.name, ordinal=ordinal, key=key)

    def switch(self, *, now: datetime) -> bool:
        """Let the model serve if nothing is missing; see `Reembedding`."""
        if self._coming is None or not self._coming.missing.none:
            return False
        with self._coming.vectors.unread():
            self._switch(self._coming, now)
        return self._coming is None

    def _switch(self, coming: _Coming, now: datetime) -> None:
        spans = _several(self._sources.database)
        number = self._generation.number + 1
        seqs: list[int] = []

        def plan(stage: Stage) -> None:
            if self._any_missing(stage.position.seq):
                return
            _noting(ChangeKind.MODEL_SWITCHED, canonical(asdict(coming.identity)), now)(stage)
            seqs.append(stage.position.seq)
            self._recount(stage, spans)

        def beside(session: Session) -> None:
            note_meta(session, "embedder", embedder_text(coming.identity))
            note_meta(session, "next_embedder", "")
            note_meta(session, "generation", str(number))
            note_meta(session, "switched", str(seqs[0]))
            drop_past_vectors(session)
            for name in ("drop_vectors", "rename_next_vectors", "create_next_vector"):
                session.execute(statement(name))

        def then() -> None:
            self._generation = Generation(number=number, switched=seqs[0])
            self._coming = None
            self._sources.spaces.gather_no_more()
            coming.vectors.serve_now()
            self._sources.records.respan({ordinal: each for (_, ordinal), each in spans.items()})
            self._sources.take_over(
                Switched(
                    identity=coming.identity, generation=self._generation, vectors=coming.vectors
                )
            )

        self._sources.writer.change(plan, beside=beside, then=then)

    def _any_missing(self, upto: int) -> bool:
        """Ask the rows themselves: it is the last moment."""
        limits = {"after": 0, "upto": upto}
        return bool(self._sources.database.rows(statement("count_without_next"), limits)[0][0])

    def _recount(self, stage: Stage, spans: Mapping[tuple[int, int], Sequence[Span]]) -> None:
        """Know how many passages each entry has that had another number of them."""
        names = {shelf.number: shelf.name for shelf in self._sources.catalogue.all_shelves()}
        for (number, ordinal), parts in spans.items():
            shelf = stage.shelf(names[number]) if number in names else None
            slot = shelf.at(ordinal) if shelf else None
            if slot is not None and slot.passages != len(parts):
                stage.do(SlotChanged(names[number], replace(slot, passages=len(parts))))

    def cancel(self, *, now: datetime) -> None:
        """Give up what was gathered; see `Reembedding`."""
        coming = self._coming
        if coming is None:
            return

        def beside(session: Session) -> None:
            note_meta(session, "next_embedder", "")
            _empty_next(session)

        def then() -> None:
            self._coming = None
            self._sources.spaces.gather_no_more()

        payload = canonical(asdict(coming.identity))
        with coming.vectors.unread():
            self._sources.writer.change(
                _noting(ChangeKind.MODEL_DROPPED, payload, now), beside=beside, then=then
            )
        with self._in_use:
            coming.vectors.remove()

    def follow(self, rows: Rows) -> None:
        """Take in what was committed, before readers see it."""
        if self._coming is not None:
            self._coming.vectors.follow(rows)
            self._coming.missing.follow(rows)

    def maintain(self) -> None:
        """Do what is due in the new indexes."""
        with self._in_use:
            if self._coming is not None:
                self._coming.vectors.maintain()

    def save(self, seq: int, *, changes: int) -> None:
        """Save the new indexes, on the writer's thread or after it ended; see `LocalVectors`."""
        if self._coming is not None:
            self._coming.vectors.save(seq, changes=changes)

    def close(self) -> None:
        """Release the files."""
        if self._coming is not None:
            self._coming.vectors.close()

    def _gather(self, identity: EmbedderIdentity) -> None:
        missing = MissingVectors(self._sources.database, self._sources.catalogue.position.seq)
        vectors = self._sources.vectors(identity, self._of(1))
        self._coming = _Coming(identity=identity, vectors=vectors, missing=missing)
        self._sources.spaces.gather(identity.space, missing.wants)

    def _of(self, later: int) -> Path:
        return vectors_folder(self._folder, self._generation.number + later)


def vectors_folder(folder: Path, generation: int) -> Path:
    """Where below the indexes' *folder* the vectors of a generation are."""
    return folder / (f"vectors-{generation}" if generation else "vectors")


def _empty_next(session: Session) -> None:
    """Have an empty table; removing it whole takes no time, however many rows it had."""
    session.execute(statement("drop_next_vectors"))
    session.execute(statement("create_next_vector"))


def _noting(kind: ChangeKind, payload: bytes, now: datetime) -> Callable[[Stage], None]:
    def plan(stage: Stage) -> None:
        stage.change_store(kind, now=now, digest=payload_digest(NO_NONCE, payload))

    return plan


def _several(database: Database) -> dict[tuple[int, int], list[Span]]:
    """By namespace and ordinal, spans of entries whose number of passages may be another."""
    found: dict[tuple[int, int], list[Span]] = {}
    for number, ordinal, start, stop in database.rows(statement("select_next_spans")):
        found.setdefault((number, ordinal), []).append(Span(start=start, stop=stop))
    return found
