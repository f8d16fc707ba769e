"""A query's candidates: what both legs find, what stands beside it, and all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.engine.boosting import boost_values
from memory_service.engine.entry_ids import EntryIds
from memory_service.retrieval.features import Background
from memory_service.retrieval.ranking import Candidates
from memory_service.retrieval.times.reading import time_targets
from memory_service.retrieval.times.targets import closeness

if TYPE_CHECKING:
    from datetime import datetime

    from memory_service.engine.stopwatch import Stopwatch
    from memory_service.model.read import DenseLeg, LexicalLeg, Ordinals, Scores, Surroundings
    from memory_service.model.recall import Boosts
    from memory_service.protocols import Reader, Vector

#: Entries whose cosines tell how an entry scores that was not chosen.
_SAMPLE = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Legs:
    """What is known of one query before its candidates are; `None` for a missing leg."""

    query: str
    lexical: LexicalLeg | None
    vector: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Gathers the candidates of one recall's queries.

    `now` is the caller's present, `depth` how many candidates each leg brings.
    """

    reader: Reader
    depth: int
    boosts: Boosts
    now: datetime

    def candidates(self, legs: Legs, watch: Stopwatch) -> Candidates | None:
        """The union of both legs and the turns beside them, scored exactly on both.

        `None` when neither leg found anything that is still there.
        """
        found = self._found(legs, watch)
        if not len(found):
            return None
        with watch.stage("score"):
            around = self.reader.with_neighbours(found)
            ordinals = around.ordinals
            if not len(ordinals):
                return None
            return Candidates(
                query=legs.query,
                ordinals=ordinals,
                ids=EntryIds(self.reader, ordinals),
                dense=self._dense(legs.vector, ordinals),
                lexical=(
                    None
                    if legs.lexical is None
                    else self.reader.score_lexical(legs.lexical.query, ordinals)
                ),
                surroundings=around,
                background=self._background(legs.vector),
                timely=self._timely(legs.query, around),
                boosts=boost_values(self.reader, ordinals, around, self.boosts, self.now),
            )

    def _found(self, legs: Legs, watch: Stopwatch) -> Ordinals:
        found = [np.empty(0, dtype=np.int64)]
        if legs.lexical is not None:
            found.append(legs.lexical.ordinals)
        if legs.vector is not None:
            with watch.stage("dense"):
                found.append(self.reader.dense(legs.vector, self.depth).ordinals)
        return np.unique(np.concatenate(found))

    def _dense(self, vector: Vector | None, ordinals: Ordinals) -> DenseLeg | None:
        return None if vector is None else self.reader.score_dense(vector, ordinals)

    def _background(self, vector: Vector | None) -> Background:
        """How entries score that were not chosen."""
        if vector is None:
            return _background(np.empty(0))
        return _background(self.reader.score_dense(vector, self.reader.sample(_SAMPLE)).scores)

    def _timely(self, query: str, around: Surroundings) -> Scores | None:
        targets = time_targets(query, self.now.date())
        return closeness(around.days, targets) if targets else None


def _background(cosines: Scores) -> Background:
    known = cosines[np.isfinite(cosines)]
    if not len(known):
        return Background(mean=0.0, deviation=0.0)
    return Background(mean=float(known.mean()), deviation=float(known.std()))
