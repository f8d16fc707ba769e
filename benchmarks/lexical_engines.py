"""The engines of `bench-lexical`: each built from the same words, each asked the same queries."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import bm25s
import numpy as np
import tantivy

from memory_service.index.lexical.files import Files
from memory_service.index.lexical.index import LexicalIndex
from memory_service.index.lexical.manifest import Origin
from memory_service.model.bm25 import Bm25, Scoring
from memory_service.model.postings import PostingRows
from memory_service.store.tables import term_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.corpus import Block, Corpus
    from memory_service.index.lexical.search import Search
    from memory_service.model.bm25 import Matches, Sight
    from memory_service.model.read import Flags, Ordinals
    from memory_service.model.selection import Selection

#: How many entries a search brings.
DEPTH = 100
CONSTANTS = Bm25(k1=0.9, b=0.4)
_HEAP = 256 << 20


class Engine(Protocol):
    """Takes blocks in, then answers."""

    def add(self, block: Block) -> None:
        """Take a block in."""
        ...

    def finish(self) -> None:
        """Be ready to answer."""
        ...

    def search(self, words: Sequence[str]) -> object:
        """The best `DEPTH` entries that hold one of these words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """A sight that hides nothing but what a filter does."""

    allowed: Selection | None = None
    expired: int = 0

    def alive(self, ordinals: Ordinals) -> Flags:
        """All of them."""
        return np.ones(len(ordinals), np.bool_)

    def passing(self, ordinals: Ordinals) -> Flags:
        """What the filter lets through."""
        return self.alive(ordinals) if self.allowed is None else self.allowed.contains(ordinals)


@dataclass(slots=True)
class Ours:
    """The service's index, its segments as an import leaves them; ordinals from 1."""

    folder: Path
    corpus: Corpus
    index: LexicalIndex = field(init=False)
    entries: int = 0
    words: int = 0

    def __post_init__(self) -> None:
        self.index = LexicalIndex(self._files())

    def _files(self) -> Files:
        origin = Origin(cluster_id="benchmark", analyser=1)
        return Files(self.folder, origin=origin, chain_at=str)

    def add(self, block: Block) -> None:
        """As a commit and the thread beside it would."""
        self.index.add(_postings(block, self.corpus), block.first + len(block))
        self.index.settle()
        self.entries += len(block)
        self.words += len(block.words)

    def finish(self) -> None:
        """Write the rest."""
        self.index.settle(whole=True)

    def take_up(self) -> None:
        """Begin again with the files, as after a start."""
        files = self._files()
        files.take_up(newest=self.entries)
        self.index = LexicalIndex(files)

    def search(self, words: Sequence[str]) -> Matches:
        """As a recall does, from the words on."""
        return self.best(Everything(), words)

    def best(self, sight: Sight, words: Sequence[str]) -> Matches:
        """The same through a filter."""
        return self.asked(words).best(DEPTH, sight)

    def asked(self, words: Sequence[str]) -> Search:
        """The query looked up."""
        keys = np.array([term_key(1, word) for word in words], np.uint64)
        average = self.words / self.entries
        scoring = Scoring(constants=CONSTANTS, entries=self.entries, average_length=average)
        return self.index.search(keys, np.ones(len(keys)), scoring)


@dataclass(slots=True)
class Fts5:
    """SQLite's FTS5 without positions and without the texts: the fastest it can be."""

    folder: Path
    corpus: Corpus
    connection: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = sqlite3.connect(self.folder / "fts5.db")
        self.connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, content='', detail=none)")

    def add(self, block: Block) -> None:
        """In one transaction."""
        rows = enumerate(self.corpus.texts(block), block.first + 1)
        self.connection.executemany("INSERT INTO t (rowid, x) VALUES (?, ?)", rows)
        self.connection.commit()

    def finish(self) -> None:
        """Merge all of it."""
        self.connection.execute("INSERT INTO t (t) VALUES ('optimize')")
        self.connection.commit()

    def search(self, words: Sequence[str]) -> list[tuple[int, float]]:
        """By its own BM25."""
        sql = "SELECT rowid, rank FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?"
        return self.connection.execute(sql, (" OR ".join(words), DEPTH)).fetchall()


@dataclass(slots=True)
class Tantivy:
    """Tantivy with its default tokenizer, one writer, texts not stored."""

    folder: Path
    corpus: Corpus
    index: tantivy.Index = field(init=False)
    writer: Any = field(init=False)
    searcher: tantivy.Searcher = field(init=False)

    def __post_init__(self) -> None:
        schema = tantivy.SchemaBuilder().add_text_field("x", stored=False, index_option="freq")
        folder = self.folder / "tantivy"
        folder.mkdir()
        self.index = tantivy.Index(schema.build(), path=str(folder))
        self.writer = self.index.writer(_HEAP, 1)

    def add(self, block: Block) -> None:
        """Committed at the end."""
        for text in self.corpus.texts(block):
            self.writer.add_document(tantivy.Document(x=text))

    def finish(self) -> None:
        """Commit and let it merge."""
        self.writer.commit()
        self.writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def search(self, words: Sequence[str]) -> object:
        """A query of words, any of which will do."""
        query = self.index.parse_query(" ".join(words), ["x"])
        return self.searcher.search(query, DEPTH, count=False).hits


@dataclass(slots=True)
class Bm25s:
    """bm25s with numba: scores of all entries reckoned beforehand, nothing can be added."""

    folder: Path
    corpus: Corpus
    tokens: list[list[int]] = field(default_factory=list)
    scorer: Any = None

    def add(self, block: Block) -> None:
        """Kept until the end."""
        self.tokens += [block.entry(place).tolist() for place in range(len(block))]

    def finish(self) -> None:
        """Reckon."""
        vocabulary = {word: number for number, word in enumerate(self.corpus.vocabulary)}
        self.scorer = bm25s.BM25(k1=CONSTANTS.k1, b=CONSTANTS.b, backend="numba")
        self.scorer.index((self.tokens, vocabulary), show_progress=False)
        self.tokens = []

    def search(self, words: Sequence[str]) -> object:
        """One query on one thread."""
        depth = min(DEPTH, self.scorer.scores["num_docs"])
        return self.scorer.retrieve([list(words)], k=depth, show_progress=False, n_threads=1)


def _postings(block: Block, corpus: Corpus) -> PostingRows:
    """The postings of a block, in namespace 1."""
    lengths = np.diff(block.starts)
    owners = np.repeat(np.arange(len(block)), lengths)
    width = len(corpus.vocabulary)
    pairs, tf = np.unique(owners * width + block.words, return_counts=True)
    words, places = np.unique(pairs % width, return_inverse=True)
    keys = np.array([term_key(1, corpus.vocabulary[word]) for word in words.tolist()], np.uint64)
    return PostingRows(
        keys=keys[places],
        ordinals=pairs // width + block.first + 1,
        tf=tf.astype(np.uint32),
        lengths=lengths[pairs // width].astype(np.uint32),
    )
