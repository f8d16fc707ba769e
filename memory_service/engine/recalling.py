"""The read path: both legs, one ranking, one answer per query."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.engine.answering import Answering, Asked
from memory_service.engine.deadline import Deadline
from memory_service.engine.query_vectors import QueryEmbedding, QueryVectors
from memory_service.engine.stopwatch import Stopwatch
from memory_service.engine.validation import check_namespace, check_text
from memory_service.errors import (
    InvalidInputError,
    InvalidLimitError,
    NotFiniteError,
    TooManyEntriesError,
)
from memory_service.model.recall import Degradation, DegradedLeg, RecallAnswer
from memory_service.retrieval.absolute import cosine_floor
from memory_service.retrieval.ranking import Candidates, RankingOptions, rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.engine.model_use import ModelUse
    from memory_service.engine.options import EngineOptions, Floor
    from memory_service.model.read import DenseLeg, LexicalLeg
    from memory_service.model.recall import QueryAnswer, RecallRequest
    from memory_service.protocols import Backend, Reader, Vector

#: Queries of one call.
MOST_QUERIES = 64
#: Hits of one query, and candidates of one leg.
MOST_HITS = 1000
#: Why a leg is missing or incomplete, as answers say it.
PENDING = "pending"
NO_TERMS = "no_terms"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Legs:
    """What the legs found for one query before the union is scored; `None` for a missing leg."""

    lexical: LexicalLeg | None
    vector: Vector | None


class Recalling:
    """Answers recalls over one backend and one model.

    Args:
        backend: Where candidates come from.
        model: Embeds queries.
        floor: The cosines of unrelated texts under the model; `None` if not known.
        options: Weights, cut, depth.
        clock: The time, for expiry.
        timer: Seconds that only grow, for deadlines and timings.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        model: ModelUse,
        floor: Floor | None,
        options: EngineOptions,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        self._backend = backend
        self._model = model
        self._options = options
        self._clock = clock
        self._timer = timer
        self._embedding = QueryEmbedding(model, threads=options.embed_threads, timer=timer)
        self._ranking = RankingOptions(
            fusion=options.fusion,
            evidence=options.evidence,
            floor=cosine_floor(floor.mean, floor.deviation) if floor else None,
        )

    def recall(self, request: RecallRequest) -> RecallAnswer:
        """Answer every query; see `MemoryEngine.recall`."""
        check_recall(request)
        deadline = Deadline(request.deadline_seconds, self._timer)
        deadline.check()
        identity = self._model.status.identity
        before = self._backend.status()
        with self._backend.reader(
            request.namespace, filter=request.filter, now=self._clock()
        ) as reader:
            answers = self._answers(reader, request, deadline, pending=bool(before.pending))
        return RecallAnswer(
            answers=answers, model=identity.name if identity else "", position=before.position
        )

    def close(self) -> None:
        """Wait for queries that are being embedded, and begin no more."""
        self._embedding.close()

    def _answers(
        self, reader: Reader, request: RecallRequest, deadline: Deadline, *, pending: bool
    ) -> tuple[QueryAnswer, ...]:
        under_way = self._embedding.start(request.queries) if request.legs.dense else None
        watches = [Stopwatch(self._timer) for _ in request.queries]
        lexical = []
        for query, watch in zip(request.queries, watches, strict=True):
            lexical.append(self._lexical(reader, request, query, watch))
            deadline.check()
        vectors = QueryVectors()
        if under_way:
            vectors = under_way.wait(deadline, finish_seconds=self._options.finish_seconds)
        pending = pending and request.legs.dense and self._pending(request.namespace)
        answers = []
        for number, watch in enumerate(watches):
            deadline.check()
            if vectors.embedded:
                watch.add("embed", vectors.seconds)
            asked = _asked(request.queries[number], number, lexical[number], vectors, pending)
            vector = vectors.embedded.vectors[number] if vectors.embedded else None
            legs = _Legs(lexical=_with_terms(lexical[number]), vector=vector)
            answers.append(self._answer(reader, request, asked, legs, watch))
        return tuple(answers)

    def _lexical(
        self, reader: Reader, request: RecallRequest, query: str, watch: Stopwatch
    ) -> LexicalLeg | None:
        if not request.legs.lexical:
            return None
        with watch.stage("lexical"):
            return reader.lexical(query, self._depth(request))

    def _answer(
        self,
        reader: Reader,
        request: RecallRequest,
        asked: Asked,
        legs: _Legs,
        watch: Stopwatch,
    ) -> QueryAnswer:
        answering = Answering(reader, request, watch, self._options.fall_off)
        candidates = self._candidates(reader, asked.query, legs, self._depth(request), watch)
        if candidates is None:
            return answering.recent(asked)
        with watch.stage("fuse"):
            ranking = rank(candidates, self._ranking)
        return answering.ranked(asked, candidates, ranking)

    def _candidates(
        self, reader: Reader, query: str, legs: _Legs, depth: int, watch: Stopwatch
    ) -> Candidates | None:
        """The union of both legs, scored exactly on both; `None` when it is empty."""
        dense: DenseLeg | None = None
        if legs.vector is not None:
            with watch.stage("dense"):
                dense = reader.dense(legs.vector, depth)
        found = [leg.ordinals for leg in (legs.lexical, dense) if leg is not None]
        ordinals = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
        if not len(ordinals):
            return None
        with watch.stage("score"):
            return Candidates(
                query=query,
                ordinals=ordinals,
                ids=reader.ids(ordinals),
                dense=None if legs.vector is None else reader.score_dense(legs.vector, ordinals),
                lexical=(
                    None
                    if legs.lexical is None
                    else reader.score_lexical(legs.lexical.query, ordinals)
                ),
            )

    def _depth(self, request: RecallRequest) -> int:
        """Candidates of each leg: as many as hits are wanted, at least."""
        return max(request.depth or self._options.depth, request.limit)

    def _pending(self, namespace: str) -> bool:
        return self._model.present and any(
            one.pending for one in self._backend.namespaces() if one.name == namespace
        )


def _asked(
    query: str, number: int, lexical: LexicalLeg | None, vectors: QueryVectors, pending: bool
) -> Asked:
    missing = vectors.missing or (PENDING if pending else "")
    degraded = []
    if missing:
        degraded.append(Degradation(leg=DegradedLeg.DENSE, reason=missing))
    if lexical is not None and not lexical.query.terms:
        degraded.append(Degradation(leg=DegradedLeg.LEXICAL, reason=NO_TERMS))
    return Asked(
        query=query,
        truncated=vectors.embedded is not None and vectors.embedded.truncated[number],
        degraded=tuple(degraded),
    )


def _with_terms(leg: LexicalLeg | None) -> LexicalLeg | None:
    """The leg, unless the query has no word that is indexed: it can judge nothing then."""
    return leg if leg is not None and leg.query.terms else None


def check_recall(request: RecallRequest) -> None:
    """Refuse a request that cannot be answered.

    Raises:
        InvalidInputError: If a query or the namespace is refused, or there is no leg.
        TooManyEntriesError: If there are more than 64 queries.
        InvalidLimitError: If `limit`, `min_k`, `depth` or the budget is out of range.
        NotFiniteError: If `min_score` or the deadline is not a finite number.
    """
    check_namespace(request.namespace)
    if not request.queries:
        raise InvalidInputError("there is no query", field="/queries")
    if len(request.queries) > MOST_QUERIES:
        detail = f"one call takes at most {MOST_QUERIES} queries, not {len(request.queries)}"
        raise TooManyEntriesError(detail, field="/queries")
    for number, query in enumerate(request.queries):
        check_text(query, field=f"/queries/{number}" if len(request.queries) > 1 else "/query")
    if not (request.legs.dense or request.legs.lexical):
        raise InvalidInputError("a recall uses one leg at least", field="/legs")
    _check_range("limit", request.limit, low=1, high=MOST_HITS)
    _check_range("min_k", request.min_k, low=0, high=request.limit)
    _check_range("depth", request.depth, low=1, high=MOST_HITS)
    _check_range("budget_tokens", request.budget_tokens, low=1, high=2**31)
    _check_finite("min_score", request.min_score)
    _check_finite("deadline_seconds", request.deadline_seconds)


def _check_range(name: str, value: int | None, *, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        detail = f"{name} lies between {low} and {high}, not {value}"
        raise InvalidLimitError(detail, field=f"/{name}")


def _check_finite(name: str, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise NotFiniteError("a number is finite", field=f"/{name}")
