"""Qdrant's local mode as a memory: one collection, exact cosine.

In memory alone: with files it commits every entry by itself, which takes minutes and changes
nothing of a search.
"""

from __future__ import annotations

import warnings
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qdrant_client import QdrantClient, models

from benchmarks.peers_asking import SHOWN, Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.peers_asking import Asked, Entries

_NAME = "entries"


@dataclass(frozen=True, slots=True, kw_only=True)
class QdrantSearch:
    """Entries by cosine, among those of the namespace where there are several."""

    client: QdrantClient
    ids: Sequence[str]
    several: bool

    def search(self, asked: Asked) -> Found:
        """The best by vectors alone."""
        found = self.client.query_points(
            _NAME,
            query=asked.vector,
            query_filter=_within(asked.namespace) if self.several else None,
            limit=SHOWN,
            with_payload=False,
        )
        return Found(ids=tuple(self.ids[int(point.id)] for point in found.points))


@contextmanager
def opened(entries: Entries) -> Iterator[QdrantSearch]:
    """Qdrant in this process."""
    with closing(QdrantClient(":memory:")) as client, warnings.catch_warnings():
        # It warns that more than 20,000 entries are slow: that is what is measured here.
        warnings.simplefilter("ignore")
        client.create_collection(
            _NAME,
            vectors_config=models.VectorParams(
                size=entries.vectors.shape[1], distance=models.Distance.COSINE
            ),
        )
        client.upload_collection(
            _NAME,
            ids=range(len(entries.ids)),
            vectors=entries.vectors,
            payload=[{"namespace": namespace} for namespace in entries.namespaces],
        )
        yield QdrantSearch(client=client, ids=entries.ids, several=entries.several)


def _within(namespace: str) -> models.Filter:
    match = models.MatchValue(value=namespace)
    return models.Filter(must=[models.FieldCondition(key="namespace", match=match)])
