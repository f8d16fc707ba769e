"""A second look at a ranking's leading candidates, before the cut."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.entry import contextual_key
from memory_service.retrieval.blending import blended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.engine.deadline import Deadline
    from memory_service.engine.options import EngineOptions
    from memory_service.engine.texts import Texts
    from memory_service.model.read import Fetched, Scores
    from memory_service.protocols import Reranker
    from memory_service.retrieval.ranking import Candidates, Ranking

_log = logging.getLogger(__name__)

#: Why there was no second look, as answers say it.
RERANKER_DEADLINE = "reranker_deadline"
RERANKER_FAILED = "reranker_failed"
#: Texts after each of which it is asked whether anybody still waits.
_SLICE = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reranked:
    """The ranking after a second look; as it was where there was none, and `missing` says why."""

    ranking: Ranking
    missing: str = ""


class Reranking:
    """Lets a reranker read the leading candidates and blends what it finds into the ranking.

    A thread of its own runs it, one query at a time, so that the caller waits no longer than
    there is time; what nobody waits for any more ends after at most 8 texts.

    Args:
        reranker: Closed with this one.
        options: How many candidates it reads, its weight, the relevance.
    """

    def __init__(self, reranker: Reranker, options: EngineOptions) -> None:
        self._reranker = reranker
        self._options = options
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reranker")

    def reranked(
        self, candidates: Candidates, ranking: Ranking, texts: Texts, deadline: Deadline
    ) -> Reranked:
        """The ranking with its first candidates in a better order, if that is known in time."""
        rows = ranking.places[: self._options.rerank_depth]
        ordinals = candidates.ordinals[rows].tolist()
        texts.read(ordinals)
        passages = [
            _passage(texts.get(ordinal), candidates, int(row))
            for ordinal, row in zip(ordinals, rows, strict=True)
        ]
        given_up = threading.Event()
        future = self._pool.submit(self._scores, candidates.query, passages, given_up)
        if not wait([future], timeout=deadline.remaining()).done:
            given_up.set()
            future.cancel()
            return Reranked(ranking=ranking, missing=RERANKER_DEADLINE)
        scores = future.result()
        if scores is None:
            return Reranked(ranking=ranking, missing=RERANKER_FAILED)
        return Reranked(
            ranking=blended(
                ranking,
                candidates.ids,
                scores,
                weight=self._options.rerank_weight,
                relevance=self._options.ranking.relevance,
            )
        )

    def close(self) -> None:
        """Finish what is under way, and close the reranker."""
        self._pool.shutdown()
        self._reranker.close()

    def _scores(
        self, query: str, passages: Sequence[str | None], given_up: threading.Event
    ) -> Scores | None:
        """A score for each passage, NaN for one that is gone; `None` if they could not be had."""
        scores = np.full(len(passages), np.nan)
        # Texts of like length stand together: the longest of a pass decides what it costs.
        known = sorted(
            (len(passage), rank) for rank, passage in enumerate(passages) if passage is not None
        )
        ranks = [rank for _, rank in known]
        try:
            for start in range(0, len(ranks), _SLICE):
                if given_up.is_set():
                    return None
                some = ranks[start : start + _SLICE]
                scores[some] = self._reranker.score(query, [passages[rank] or "" for rank in some])
        except Exception as error:  # noqa: BLE001  # the thread's boundary; the answer says it
            # The type alone: a message may quote the text.
            _log.warning("the reranker failed: %s", type(error).__name__)
            return None
        return scores


def _passage(fetched: Fetched | None, candidates: Candidates, row: int) -> str | None:
    """What the candidate was found by, with its header: of several passages, the nearest."""
    if fetched is None:
        return None
    key = contextual_key(fetched.entry.draft)
    part = -1 if candidates.dense is None else int(candidates.dense.parts[row])
    if not 0 <= part < len(fetched.spans):
        return key.header + key.body
    span = fetched.spans[part]
    return key.header + key.body[span.start : span.stop]
