"""SQLite as a memory: FTS5 by itself, and FTS5 beside sqlite-vec."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.peers_asking import SHOWN, Found
from benchmarks.peers_fusion import reciprocal_ranks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.peers_asking import Asked, Entries, Opening

_WORD = re.compile(r"\w+")
_WORDS_TABLE = (
    "CREATE VIRTUAL TABLE words USING fts5(text, namespace UNINDEXED, tokenize = '{tokenizer}')"
)
_ADD_WORDS = "INSERT INTO words (rowid, text, namespace) VALUES (?, ?, ?)"
_BY_WORDS = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
_BY_WORDS_IN = "SELECT rowid FROM words WHERE words MATCH ? AND namespace = ? ORDER BY rank LIMIT ?"
_VECTORS_TABLE = (
    "CREATE VIRTUAL TABLE vectors USING vec0"
    "(namespace TEXT PARTITION KEY, embedding FLOAT[{dimensions}] distance_metric=cosine)"
)
_ADD_VECTORS = "INSERT INTO vectors (rowid, namespace, embedding) VALUES (?, ?, ?)"
_BY_VECTOR = "SELECT rowid FROM vectors WHERE embedding MATCH ? AND k = ? AND namespace = ?"

#: The tokenizer that FTS5 takes when it is not told.
PLAIN = "unicode61"
#: The same with English stems.
STEMS = "porter unicode61"


class _Connection(Protocol):
    """What sqlite3 and apsw have in common."""

    def execute(self, sql: str, bindings: Sequence[Any] = ..., /) -> Iterable[Sequence[Any]]: ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object: ...


def phrase(text: str) -> str:
    """The FTS5 query for the words of *text* side by side and in order."""
    return '"' + text.replace('"', '""') + '"'


def any_word(text: str) -> str:
    """The FTS5 query for any word of *text*; empty when it has none."""
    return " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(text.casefold())))


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSearch:
    """Entries by FTS5's own BM25.

    Args:
        connection: Holds the table of words.
        query: Makes an FTS5 query of a question's text.
        ids: By row.
        several: Whether the table is of several namespaces.
    """

    connection: _Connection
    query: Callable[[str], str]
    ids: Sequence[str]
    several: bool

    def search(self, asked: Asked) -> Found:
        """The best by words alone."""
        return Found(ids=tuple(self.ids[row] for row in self.rows(asked, SHOWN)))

    def rows(self, asked: Asked, limit: int) -> list[int]:
        """The rows of the *limit* best."""
        query = self.query(asked.text)
        if not query:
            return []
        if self.several:
            found = self.connection.execute(_BY_WORDS_IN, (query, asked.namespace, limit))
        else:
            found = self.connection.execute(_BY_WORDS, (query, limit))
        return [row for (row,) in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class BothSearch:
    """The ranking by words and that by vectors, joined by their ranks."""

    words: WordSearch

    def search(self, asked: Asked) -> Found:
        """The best of both."""
        legs = [self.words.rows(asked, SHOWN), self._nearest(asked)]
        rows = reciprocal_ranks(legs, limit=SHOWN)
        return Found(ids=tuple(self.words.ids[row] for row in rows))

    def _nearest(self, asked: Asked) -> list[int]:
        bindings = (asked.vector.tobytes(), SHOWN, asked.namespace)
        return [row for (row,) in self.words.connection.execute(_BY_VECTOR, bindings)]


def word_search(query: Callable[[str], str], *, tokenizer: str = PLAIN) -> Opening:
    """FTS5 in a file, by the SQLite that comes with Python."""

    @contextmanager
    def opened(entries: Entries, folder: Path) -> Iterator[WordSearch]:
        with closing(sqlite3.connect(folder / "words.sqlite")) as connection:
            with connection:
                search = _words(connection, entries, query, tokenizer)
            yield search

    return opened


@contextmanager
def both_search(entries: Entries, folder: Path) -> Iterator[BothSearch]:
    """FTS5 and sqlite-vec in a file, by the SQLite that comes with apsw."""
    import apsw
    import sqlite_vec

    connection = apsw.Connection(str(folder / "both.sqlite"))
    with closing(connection):
        connection.enable_load_extension(True)
        connection.load_extension(sqlite_vec.loadable_path())
        with connection:
            words = _words(connection, entries, any_word, PLAIN)
            _add_vectors(connection, entries)
        yield BothSearch(words=words)


def _words(
    connection: _Connection, entries: Entries, query: Callable[[str], str], tokenizer: str
) -> WordSearch:
    connection.execute(_WORDS_TABLE.format(tokenizer=tokenizer))
    rows = zip(range(len(entries.ids)), entries.texts, entries.namespaces, strict=True)
    connection.executemany(_ADD_WORDS, rows)
    return WordSearch(connection=connection, query=query, ids=entries.ids, several=entries.several)


def _add_vectors(connection: _Connection, entries: Entries) -> None:
    connection.execute(_VECTORS_TABLE.format(dimensions=entries.vectors.shape[1]))
    rows = (
        (row, namespace, vector.tobytes())
        for row, (namespace, vector) in enumerate(
            zip(entries.namespaces, entries.vectors, strict=True)
        )
    )
    connection.executemany(_ADD_VECTORS, rows)
