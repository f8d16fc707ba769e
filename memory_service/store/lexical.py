"""The full-text index as the postings' rows have it: what is true, in SQL.

It answers while the index that serves is missing or being built, and is what that is compared
with.  It looks at every posting of the store: some 150 ms where there are 20 million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.bm25 import Matches, bits
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from memory_service.model.bm25 import Scoring, Sight
    from memory_service.model.postings import Keys
    from memory_service.model.read import Ordinals, Scores
    from memory_service.store.connection import Database


class SqlSearch:
    """A query of one namespace over the rows.

    `entries` is in how many live entries each term stands, in the order asked.
    """

    def __init__(self, database: Database, keys: Keys, counts: Scores, scoring: Scoring) -> None:
        """Count the terms.

        Args:
            database: Where the rows are.
            keys: The terms, distinct.
            counts: How often the query names each.
            scoring: What the scores are made of.
        """
        self._database = database
        self._scoring = scoring
        rows = database.rows(statement("entries_with"), {"terms": keys.tolist()})
        counted = dict(rows)
        self.entries: list[int] = [counted.get(key, 0) for key in keys.tolist()]
        order = np.argsort(self.entries, kind="stable")
        weights = counts * [scoring.idf(held) for held in self.entries]
        self._query = {
            "terms": keys[order].tolist(),
            "weights": weights[order].tolist(),
            "bits": bits(len(keys)).tolist(),
            "saturation": scoring.saturation,
            "slope": scoring.slope,
        }

    def best(self, k: int, sight: Sight) -> Matches:
        """The *k* best that *sight* lets through, by falling score, ties by ordinal."""
        limit = k + sight.expired if sight.allowed is None else self._scoring.entries
        while True:
            found = self._matches("bm25", {"limit": limit})
            seen = found.of(sight.passing(found.ordinals) & (found.scores > 0))
            if len(seen.ordinals) >= k or len(found.ordinals) < limit:
                return seen.of(np.arange(min(k, len(seen.ordinals))))
            limit = 4 * limit + k

    def score(self, ordinals: Ordinals) -> Matches:
        """The exact scores of these (distinct, rising); 0 where nothing matches."""
        return self._matches("bm25_of", {"ordinals": ordinals.tolist()}).aligned(ordinals)

    def _matches(self, name: str, parameters: Mapping[str, Any]) -> Matches:
        found = self._database.columns(statement(name), self._query | dict(parameters))
        return Matches(
            ordinals=found["seq"].astype(np.int64),
            scores=found["score"].astype(np.float64),
            masks=found["mask"].astype(np.uint64),
        )
