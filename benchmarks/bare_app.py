"""The least that a hybrid recall over HTTP can be: FastAPI, FAISS HNSW16, bm25s, and a list.

    python -m benchmarks.bare_app --entries 100000 --dimensions 768 --seed 0 --socket bare.sock

The same entries and vectors as in the store beside it, all in memory, nothing kept, no filter, no
ranking beyond reciprocal ranks.  The query's vector is given as to the daemon, but without the
model's time.  It listens when the indexes are there.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bm25s
import faiss
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.filling import draft_of
from benchmarks.scale_texts import scale_texts
from benchmarks.seeded_embedder import TextVectors
from memory_service.model.entry import contextual_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from benchmarks.scale_texts import ScaleTexts

_LINKS = 16
_SEARCHED = 64
_DEPTH = 100
#: Of reciprocal rank fusion.
_K = 60
_BATCH = 4_096


class Ask(BaseModel):
    """A question."""

    query: str
    limit: int = 10


class Bare:
    """Both indexes and the texts.

    Args:
        keys: What is indexed, by place.
        vectors: Of keys and questions.
        dimensions: Of those.
    """

    def __init__(self, keys: Sequence[str], vectors: TextVectors, *, dimensions: int) -> None:
        self._keys = keys
        self._vectors = vectors
        self._graph = faiss.IndexHNSWFlat(dimensions, _LINKS, faiss.METRIC_INNER_PRODUCT)
        for start in range(0, len(keys), _BATCH):
            self._graph.add(vectors.of(keys[start : start + _BATCH]))
        self._graph.hnsw.efSearch = _SEARCHED
        faiss.omp_set_num_threads(1)
        self._words = bm25s.BM25(backend="numba")
        self._words.index(_tokens(keys), show_progress=False)
        self.ask(keys[0], 1)

    def ask(self, query: str, limit: int) -> list[dict[str, Any]]:
        """The best of both legs by their reciprocal ranks."""
        depth = min(_DEPTH, len(self._keys))
        _, near = self._graph.search(self._vectors.of([query]), depth)
        scores: dict[int, float] = {}
        for leg in (near[0], self._named(query, depth)):
            for rank, place in enumerate(leg.tolist(), start=1):
                scores[place] = scores.get(place, 0.0) + 1 / (_K + rank)
        best = sorted(scores, key=lambda place: (-scores[place], place))[:limit]
        return [{"id": place, "score": scores[place], "text": self._keys[place]} for place in best]

    def _named(self, query: str, depth: int) -> npt.NDArray[np.int64]:
        tokens = bm25s.tokenize([query], stopwords="en", return_ids=False, show_progress=False)
        if not tokens[0]:
            # bm25s refuses a question without a word.
            return np.empty(0, np.int64)
        named, _ = self._words.retrieve(tokens, k=depth, show_progress=False)
        return np.asarray(named[0], np.int64)


def build(texts: ScaleTexts, *, entries: int, dimensions: int, seed: int) -> FastAPI:
    """The application over the first so many entries."""
    numbered = enumerate(texts.entries(0, entries))
    keys = [contextual_key(draft_of(number, text)).text for number, text in numbered]
    vectors = TextVectors(dimensions=dimensions, seed=seed)
    bare = Bare(keys, vectors, dimensions=dimensions)
    app = FastAPI(openapi_url=None)

    @app.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/recall")
    async def recall(body: Ask) -> dict[str, Any]:
        return {"query": body.query, "hits": bare.ask(body.query, body.limit)}

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the indexes, then serve until stopped."""
    options = _parser().parse_args(arguments)
    texts = scale_texts(seed=options.seed, data=options.data)
    app = build(texts, entries=options.entries, dimensions=options.dimensions, seed=options.seed)
    uvicorn.run(app, uds=str(options.socket), log_level="warning", access_log=False)
    return 0


# `Any`: the library's token lists have no types.
def _tokens(texts: Sequence[str]) -> Any:  # noqa: ANN401
    return bm25s.tokenize(list(texts), stopwords="en", show_progress=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bare-app", description=__doc__)
    parser.add_argument("--entries", type=int, required=True, help="how many")
    parser.add_argument("--dimensions", type=int, required=True, help="of the vectors")
    parser.add_argument("--seed", type=int, required=True, help="of texts and vectors")
    parser.add_argument("--data", type=Path, help="sets whose texts come first")
    parser.add_argument("--socket", type=Path, required=True, help="where it listens")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
