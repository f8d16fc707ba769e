"""The bare limit: FAISS and bm25s in this process, over one namespace, without a store.

What neither of them does, a memory has to do beside: keep, forget, filter, find again after a
restart.  So no memory can be expected to be faster.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bm25s
import faiss
import numpy as np
import Stemmer

from benchmarks.peers_asking import DEPTH, SHOWN, Found
from benchmarks.peers_fusion import reciprocal_ranks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.peers_asking import Asked, Entries
    from memory_service.protocols import Vectors

_LINKS = 16
_K1, _B = 0.9, 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class BareSearch:
    """Both legs over one namespace, joined by their ranks."""

    vectors: Any
    words: Any
    stemmer: Stemmer.Stemmer
    ids: Sequence[str]

    def search(self, asked: Asked) -> Found:
        """The best of both legs."""
        rows = reciprocal_ranks([self._by_words(asked), self._nearest(asked)], limit=SHOWN)
        return Found(ids=tuple(self.ids[row] for row in rows))

    def _by_words(self, asked: Asked) -> list[int]:
        tokens = _tokens([asked.text], self.stemmer)
        if not any(tokens.ids):
            return []
        depth = min(DEPTH, len(self.ids))
        rows, scores = self.words.retrieve(tokens, k=depth, show_progress=False)
        found: list[int] = rows[0][scores[0] > 0].tolist()
        return found

    def _nearest(self, asked: Asked) -> list[int]:
        _, rows = self.vectors.search(asked.vector[None], min(DEPTH, len(self.ids)))
        found: list[int] = rows[0][rows[0] >= 0].tolist()
        return found


def flat(vectors: Vectors) -> Any:  # noqa: ANN401  # FAISS has no types
    """Exact inner products."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def graph(vectors: Vectors) -> Any:  # noqa: ANN401  # FAISS has no types
    """HNSW with 16 links, FAISS's defaults else: it looks at as many as are wanted."""
    index = faiss.IndexHNSWFlat(vectors.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index


@contextmanager
def opened(
    entries: Entries, index: Callable[[Vectors], Any], *, backend: str = "numba"
) -> Iterator[BareSearch]:
    """FAISS with this index and bm25s; both in memory alone.

    bm25s is fastest on numba, which compiles at the first search, for seconds.
    """
    stemmer = Stemmer.Stemmer("english")
    words = bm25s.BM25(k1=_K1, b=_B, backend=backend)
    words.index(_tokens(entries.texts, stemmer), show_progress=False)
    yield BareSearch(
        vectors=index(np.ascontiguousarray(entries.vectors)),
        words=words,
        stemmer=stemmer,
        ids=entries.ids,
    )


def _tokens(texts: Sequence[str], stemmer: Stemmer.Stemmer) -> Any:  # noqa: ANN401
    return bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False)
