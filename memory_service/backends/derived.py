"""What serves, all of it derived from the database, and kept up together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from memory_service.backends.lexical_reading import LexicalSources
from memory_service.backends.local_lexical import LocalLexical
from memory_service.backends.local_reader import ReaderSources
from memory_service.backends.local_records import LocalRecords, RecordLimits
from memory_service.backends.local_reembedding import vectors_folder
from memory_service.backends.local_vectors import LocalVectors
from memory_service.index.analysis.analyser import ANALYSER_VERSION
from memory_service.index.lexical.manifest import Origin
from memory_service.index.vectors.limits import IndexLimits
from memory_service.store.filtering.budget import FilterColumns

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.backends.local_options import LocalOptions
    from memory_service.backends.local_reembedding import Generation
    from memory_service.failpoints import Reach
    from memory_service.index.analysis.analyser import Analyser
    from memory_service.model.bm25 import Bm25
    from memory_service.model.position import Position
    from memory_service.store.connection import Database
    from memory_service.store.records import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Vectors, records, full-text index and filter columns of one store."""

    vectors: LocalVectors
    records: LocalRecords
    lexical: LocalLexical
    filters: FilterColumns

    @classmethod
    def beside(
        cls,
        database: Database,
        folder: Path,
        *,
        cluster_id: str,
        position: Position,
        options: LocalOptions,
        generation: Generation,
        reach: Reach,
    ) -> Self:
        """Take up what *folder* holds of the store at *position*, before the first write."""
        return cls(
            vectors=vectors_in(
                vectors_folder(folder, generation.number),
                database,
                cluster_id=cluster_id,
                options=options,
                reach=reach,
            ),
            records=LocalRecords(
                database,
                folder / "records",
                cluster_id=cluster_id,
                position=position,
                limits=RecordLimits(
                    volume_bytes=options.record_bytes,
                    dead=options.record_dead,
                    save_changes=options.save_changes,
                ),
                since=generation.switched,
            ),
            lexical=LocalLexical(
                database,
                folder / "lexical",
                origin=Origin(cluster_id=cluster_id, analyser=ANALYSER_VERSION),
                settled=options.settled_postings,
            ),
            filters=FilterColumns(database, most_bytes=options.filter_bytes),
        )

    def follow(self, rows: Rows) -> None:
        """Take in what was committed, before readers see it."""
        self.vectors.follow(rows)
        self.records.follow(rows)
        self.filters.follow(rows)
        self.lexical.follow(rows)

    def sources(self, database: Database, analyser: Analyser, bm25: Bm25) -> ReaderSources:
        """Where one recall gets its answers."""
        lexical = LexicalSources(
            index=self.lexical, database=database, analyser=analyser, bm25=bm25
        )
        return ReaderSources(
            vectors=self.vectors, records=self.records, filters=self.filters, lexical=lexical
        )

    def maintain(self) -> None:
        """Do what is due before dead rows are removed."""
        self.vectors.maintain()
        self.records.maintain()

    def wait(self) -> None:
        """Return when what was missing at the start is there."""
        self.lexical.wait()
        self.records.settle()

    def settle(self) -> None:
        """Do what is due after dead rows were removed."""
        self.lexical.maintain()

    def close(self) -> None:
        """Save, and end the background work.

        Raises:
            StorageError: If one of them failed; the others are closed all the same.
        """
        with ExitStack() as last_to_first:
            last_to_first.callback(self.records.close)
            last_to_first.callback(self.lexical.close)
            last_to_first.callback(self.vectors.close)


def vectors_in(
    folder: Path,
    database: Database,
    *,
    cluster_id: str,
    options: LocalOptions,
    reach: Reach,
    coming: bool = False,
) -> LocalVectors:
    """The indexes in *folder*, to be bound: of the model that serves, or the one to come."""
    return LocalVectors(
        database,
        folder,
        cluster_id=cluster_id,
        limits=IndexLimits(
            exact=options.exact_limit,
            flat=options.flat_limit,
            growing=options.growing_limit,
        ),
        matrix_bytes=options.matrix_bytes,
        reach=reach,
        coming=coming,
    )
