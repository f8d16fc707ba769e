"""From one query's legs to its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.entry import contextual_key
from memory_service.model.recall import (
    Cut,
    CutReason,
    Degradation,
    DegradedLeg,
    Evidence,
    EvidenceLevel,
    Hit,
    LegScores,
    OnNone,
    QueryAnswer,
)
from memory_service.retrieval.cut import CutOptions, CutPlace, FallOff, cut
from memory_service.retrieval.fusion import mostly_latin
from memory_service.retrieval.packing import estimate_tokens, fitting
from memory_service.retrieval.passages import most_words

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.engine.stopwatch import Stopwatch
    from memory_service.model.entry import Entry, Span
    from memory_service.model.read import Fetched, LexicalLeg
    from memory_service.model.recall import RecallRequest
    from memory_service.protocols import Reader
    from memory_service.retrieval.ranking import Candidates, Ranking

#: How many entries `nearest` shows.
NEAREST = 3
#: Why an answer holds the newest entries instead of ranked ones.
RECENT_ONLY = "recent_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query of a request, and what is known of it before ranking."""

    query: str
    truncated: bool
    degraded: tuple[Degradation, ...]


class Answering:
    """Cuts a ranking, fetches what is left and packs it.

    Only what is returned is fetched.  An entry that was forgotten meanwhile is left out.
    """

    def __init__(
        self, reader: Reader, request: RecallRequest, watch: Stopwatch, fall_off: FallOff
    ) -> None:
        self._reader = reader
        self._request = request
        self._watch = watch
        self._options = CutOptions(
            mode=request.cut,
            limit=request.limit,
            min_k=request.min_k,
            min_score=request.min_score,
            fall_off=fall_off,
        )

    def ranked(self, asked: Asked, candidates: Candidates, ranking: Ranking) -> QueryAnswer:
        """The answer from a ranking."""
        refused = (
            ranking.evidence.level is EvidenceLevel.NONE and self._request.on_none is OnNone.EMPTY
        )
        place = (
            CutPlace(keep=0, reason=CutReason.NO_EVIDENCE)
            if refused
            else cut(ranking.fused, ranking.scores, self._options)
        )
        shown = _shown(ranking, candidates, slice(0, NEAREST if refused else place.keep))
        with self._watch.stage("fetch"):
            found = self._hits(shown)
        hits = () if refused else self._packed(found)
        if len(hits) < len(found) and not refused:
            place = CutPlace(keep=len(hits), reason=CutReason.BUDGET)
        return QueryAnswer(
            query=asked.query,
            hits=hits,
            nearest=found if refused else (),
            evidence=ranking.evidence,
            cut=_cut(place, ranking),
            degraded=asked.degraded,
            truncated=asked.truncated,
            tokens=sum(hit.tokens for hit in hits),
            timings=dict(self._watch.milliseconds),
        )

    def recent(self, asked: Asked) -> QueryAnswer:
        """The answer when neither leg found a candidate: the newest entries, as `nearest`."""
        with self._watch.stage("fetch"):
            ordinals = self._reader.recent(NEAREST)
            fetched = [one for one in self._reader.fetch(ordinals) if one]
        nearest = tuple(_unranked(rank, one.entry) for rank, one in enumerate(fetched, start=1))
        said = (Degradation(leg=DegradedLeg.RANKING, reason=RECENT_ONLY),) if nearest else ()
        return QueryAnswer(
            query=asked.query,
            hits=(),
            nearest=nearest,
            evidence=Evidence(level=EvidenceLevel.NONE, probability=0.0, calibration="none"),
            cut=Cut(reason=CutReason.NO_EVIDENCE, considered=0, below=0, next_score=None),
            degraded=asked.degraded + said,
            truncated=asked.truncated,
            tokens=0,
            timings=dict(self._watch.milliseconds),
        )

    def _hits(self, shown: list[_Shown]) -> tuple[Hit, ...]:
        ordinals = np.array([one.ordinal for one in shown], dtype=np.int64)
        fetched = self._reader.fetch(ordinals)
        pairs = [(one, entry) for one, entry in zip(shown, fetched, strict=True) if entry]
        return tuple(_hit(rank, one, entry) for rank, (one, entry) in enumerate(pairs, start=1))

    def _packed(self, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        return hits[: fitting([hit.tokens for hit in hits], self._request.budget_tokens)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A candidate that goes into the answer.

    `part` is the passage nearest in meaning, -1 for none; `by_words`: words say which one to show.
    """

    ordinal: int
    part: int
    by_words: bool
    score: float
    legs: LegScores
    words: tuple[str, ...]


def _shown(ranking: Ranking, candidates: Candidates, ranks: slice) -> list[_Shown]:
    rows = ranking.places[ranks].tolist()
    return [_one_shown(ranking, candidates, row, rank) for rank, row in enumerate(rows)]


def _one_shown(ranking: Ranking, candidates: Candidates, row: int, rank: int) -> _Shown:
    dense, lexical = candidates.dense, candidates.lexical
    cosine = _number(dense.scores, row) if dense else None
    legs = LegScores(
        cosine=cosine,
        bm25=_number(lexical.scores, row) if lexical else None,
        dense=None if cosine is None else _number(ranking.dense, row),
        lexical=_number(ranking.lexical, row),
        fused=float(ranking.fused[rank]),
    )
    return _Shown(
        ordinal=int(candidates.ordinals[row]),
        part=int(dense.parts[row]) if dense else -1,
        by_words=dense is None or not mostly_latin(candidates.query),
        score=float(ranking.scores[rank]),
        legs=legs,
        words=_words(lexical, row) if lexical else (),
    )


def _number(scores: npt.NDArray[np.float64] | None, row: int) -> float | None:
    """The score as a plain number; `None` for a missing leg or an entry without a vector."""
    return None if scores is None or np.isnan(scores[row]) else float(scores[row])


def _words(leg: LexicalLeg, row: int) -> tuple[str, ...]:
    mask = int(leg.matched[row])
    words = (term.word for bit, term in enumerate(leg.query.terms[:64]) if mask >> bit & 1)
    return tuple(dict.fromkeys(words))


def _hit(rank: int, shown: _Shown, fetched: Fetched) -> Hit:
    return Hit(
        rank=rank,
        entry=fetched.entry,
        score=shown.score,
        legs=shown.legs,
        span=_span_of_text(fetched, shown),
        words=shown.words,
        tokens=estimate_tokens(fetched.entry.draft.text),
    )


def _unranked(rank: int, entry: Entry) -> Hit:
    legs = LegScores(cosine=None, bm25=None, dense=None, lexical=None, fused=0.0)
    tokens = estimate_tokens(entry.draft.text)
    return Hit(rank=rank, entry=entry, score=0.0, legs=legs, tokens=tokens)


def _span_of_text(fetched: Fetched, shown: _Shown) -> Span | None:
    """The part of the passage that lies in the text; `None` when it is all of it or none."""
    part, draft = shown.part, fetched.entry.draft
    if shown.by_words and fetched.spans:
        part = most_words(contextual_key(draft).body, fetched.spans, shown.words, part)
    if not 0 <= part < len(fetched.spans):
        return None
    span, length = fetched.spans[part], len(draft.text)
    if span.start >= length or (span.start == 0 and span.stop >= length):
        return None
    return replace(span, stop=min(span.stop, length))


def _cut(place: CutPlace, ranking: Ranking) -> Cut:
    considered = len(ranking.places)
    below = considered - place.keep
    return Cut(
        reason=place.reason,
        considered=considered,
        below=below,
        next_score=float(ranking.scores[place.keep]) if below else None,
    )
