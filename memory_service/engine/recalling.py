"""The read path: both legs, one ranking, one answer per query."""

from __future__ import annotations

from dataclasses import replace
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from memory_service.engine.answering import Answering, Asked
from memory_service.engine.damage import from_damaged
from memory_service.engine.deadline import Deadline
from memory_service.engine.gathering import Gathering, Legs
from memory_service.engine.query_vectors import QueryEmbedding, QueryVectors
from memory_service.engine.recall_checks import check_recall, present_of
from memory_service.engine.reranking import Reranking
from memory_service.engine.stopwatch import Stopwatch
from memory_service.engine.texts import Texts
from memory_service.model.recall import Degradation, DegradedLeg, RecallAnswer
from memory_service.retrieval.absolute import cosine_floor
from memory_service.retrieval.ranking import rank

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from memory_service.engine.model_use import ModelUse
    from memory_service.engine.options import EngineOptions, Floor
    from memory_service.model.read import LexicalLeg
    from memory_service.model.recall import QueryAnswer, RecallRequest
    from memory_service.protocols import Backend, Reader, Reranker
    from memory_service.retrieval.ranking import RankingOptions

#: Why a leg is missing or incomplete, as answers say it.
PENDING = "pending"
NO_TERMS = "no_terms"


class Recalling:
    """Answers recalls over one backend and one model.

    Args:
        backend: Where candidates come from.
        model: Embeds queries.
        reranker: Looks at the leading candidates once more; `None` leaves them as they are.
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
        reranker: Reranker | None,
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
        self._reranking = Reranking(reranker, options) if reranker else None
        # Python runs one thread at a time: more recalls at work would only take each other's turn.
        self._turns = BoundedSemaphore(options.recalls_at_work)
        self._ranking = _with_floor(options.ranking, floor)

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
            answers = self._answers(reader, request, deadline)
        answer = RecallAnswer(
            answers=answers, model=identity.name if identity else "", position=before.position
        )
        return from_damaged(answer) if before.damage else answer

    def rank_with(self, ranking: RankingOptions, floor: Floor | None) -> None:
        """Judge by what is known of another model; no recall may run meanwhile."""
        self._ranking = _with_floor(ranking, floor)

    def close(self) -> None:
        """Wait for what runs in a model, and begin no more."""
        self._embedding.close()
        if self._reranking:
            self._reranking.close()

    def _answers(
        self, reader: Reader, request: RecallRequest, deadline: Deadline
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
        pending = bool(request.legs.dense and self._model.present and reader.waiting())
        answers = []
        for number, watch in enumerate(watches):
            if vectors.embedded:
                watch.add("embed", vectors.seconds)
            asked = _asked(request.queries[number], number, lexical[number], vectors, pending)
            vector = vectors.embedded.vectors[number] if vectors.embedded else None
            legs = Legs(query=asked.query, lexical=_with_terms(lexical[number]), vector=vector)
            rest = self._options.finish_seconds * (len(watches) - number)
            with self._turns:
                deadline.check()
                answers.append(
                    self._answer(reader, request, asked, legs, watch, deadline.earlier(rest))
                )
        return tuple(answers)

    def _lexical(
        self, reader: Reader, request: RecallRequest, query: str, watch: Stopwatch
    ) -> LexicalLeg | None:
        if not request.legs.lexical:
            return None
        with self._turns, watch.stage("lexical"):
            return reader.lexical(query, self._depth(request))

    def _answer(
        self,
        reader: Reader,
        request: RecallRequest,
        asked: Asked,
        legs: Legs,
        watch: Stopwatch,
        deadline: Deadline,
    ) -> QueryAnswer:
        """Answer one query; what can be left out is, once the *deadline* has passed."""
        texts = Texts(reader)
        answering = Answering(reader, texts, request, watch, self._options.worth)
        candidates = self._gathering(reader, request).candidates(legs, watch)
        if candidates is None:
            return answering.recent(asked)
        if self._options.observe is not None:
            self._options.observe(candidates, self._ranking)
        with watch.stage("fuse"):
            ranking = rank(candidates, self._ranking)
        if self._reranking and not answering.refuses(ranking):
            with watch.stage("rerank"):
                reranked = self._reranking.reranked(candidates, ranking, texts, deadline)
            asked, ranking = _with_missing(asked, reranked.missing), reranked.ranking
        return answering.ranked(asked, candidates, ranking)

    def _gathering(self, reader: Reader, request: RecallRequest) -> Gathering:
        return Gathering(
            reader=reader,
            depth=self._depth(request),
            boosts=request.boosts,
            now=present_of(request, self._clock()),
        )

    def _depth(self, request: RecallRequest) -> int:
        """Candidates of each leg: as many as hits are wanted, at least."""
        return max(request.depth or self._options.depth, request.limit)


def _with_floor(ranking: RankingOptions, floor: Floor | None) -> RankingOptions:
    return replace(ranking, floor=cosine_floor(floor.mean, floor.deviation) if floor else None)


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


def _with_missing(asked: Asked, reason: str) -> Asked:
    """The query without its second look, where there is a reason for that."""
    said = (Degradation(leg=DegradedLeg.RERANKER, reason=reason),) if reason else ()
    return replace(asked, degraded=asked.degraded + said)


def _with_terms(leg: LexicalLeg | None) -> LexicalLeg | None:
    """The leg, unless the query has no word that is indexed: it can judge nothing then."""
    return leg if leg is not None and leg.query.terms else None
