"""Who is compared: each peer by one line, with the packages it needs.

Every peer runs in this process as its documentation starts it; Qdrant and the bare limit in memory,
the others with their files on disk.  Namespaces share one place with a filter, as the documentation
of Qdrant advises and Roku's own table does, unless a run gives each a place of its own.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from benchmarks.peers_sqlite import STEMS, any_word, both_search, phrase, word_search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.peers_asking import Asked, Entries, Found, Opening, Searcher


class Role(StrEnum):
    """What a system is compared for.

    `WORDS`: only its ranking is of interest.  `STORE`: its speed too.  `BARE`: what no store can
    do faster.
    """

    WORDS = "words"
    STORE = "store"
    BARE = "bare"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system, the packages without which it cannot be opened, and whether it is to be."""

    name: str
    role: Role
    opening: Opening
    packages: tuple[str, ...] = ()
    left_out: bool = False

    @property
    def absent(self) -> str:
        """Why it is not measured; empty if it is."""
        missing = [name for name in self.packages if _version(name) is None]
        if self.left_out:
            return "left out"
        return f"not installed: {', '.join(missing)}" if missing else ""

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of each package that is installed."""
        return {name: found for name in self.packages if (found := _version(name)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Apart:
    """A searcher for each namespace."""

    searchers: Mapping[str, Searcher]

    def search(self, asked: Asked) -> Found:
        return self.searchers[asked.namespace].search(asked)


def apart(opening: Opening) -> Opening:
    """The same system, opened once for each namespace, so that it never has to filter."""

    @contextmanager
    def opened(entries: Entries, folder: Path) -> Iterator[_Apart]:
        searchers = {}
        with ExitStack() as stack:
            for number, (namespace, own) in enumerate(entries.apart().items()):
                (place := folder / str(number)).mkdir()
                searchers[namespace] = stack.enter_context(opening(own, place))
            yield _Apart(searchers=searchers)

    return opened


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _chroma(entries: Entries, folder: Path) -> AbstractContextManager[Searcher]:
    from benchmarks import peers_chroma

    return peers_chroma.opened(entries, folder)


def _lancedb(entries: Entries, folder: Path) -> AbstractContextManager[Searcher]:
    from benchmarks import peers_lancedb

    return peers_lancedb.opened(entries, folder)


def _qdrant(entries: Entries, _: Path) -> AbstractContextManager[Searcher]:
    from benchmarks import peers_qdrant

    return peers_qdrant.opened(entries)


def _flat(entries: Entries, _: Path) -> AbstractContextManager[Searcher]:
    from benchmarks import peers_bare

    return peers_bare.opened(entries, peers_bare.flat)


def _graph(entries: Entries, _: Path) -> AbstractContextManager[Searcher]:
    from benchmarks import peers_bare

    return peers_bare.opened(entries, peers_bare.graph)


_BARE = ("faiss-cpu", "bm25s", "numba", "PyStemmer")

PEERS: tuple[System, ...] = (
    System(name="SQLite FTS5, phrase", role=Role.WORDS, opening=word_search(phrase)),
    System(name="SQLite FTS5, any word", role=Role.WORDS, opening=word_search(any_word)),
    System(
        name="SQLite FTS5, any word, stemmed",
        role=Role.WORDS,
        opening=word_search(any_word, tokenizer=STEMS),
    ),
    System(
        name="SQLite FTS5 + sqlite-vec, RRF",
        role=Role.STORE,
        opening=both_search,
        packages=("apsw", "sqlite-vec"),
    ),
    System(name="Chroma", role=Role.STORE, opening=_chroma, packages=("chromadb",)),
    System(name="LanceDB hybrid", role=Role.STORE, opening=_lancedb, packages=("lancedb",)),
    System(name="Qdrant local", role=Role.STORE, opening=_qdrant, packages=("qdrant-client",)),
    System(name="FAISS flat + bm25s, RRF", role=Role.BARE, opening=apart(_flat), packages=_BARE),
    System(name="FAISS HNSW16 + bm25s, RRF", role=Role.BARE, opening=apart(_graph), packages=_BARE),
)
