"""From one query's ranking to its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.engine.collapsing import Collapsed, Collapsing
from memory_service.engine.showing import Showing, unranked
from memory_service.engine.surrounding import Surrounding
from memory_service.model.recall import (
    Cut,
    CutReason,
    Degradation,
    DegradedLeg,
    Evidence,
    EvidenceLevel,
    OnNone,
    QueryAnswer,
)
from memory_service.retrieval.cut import CutOptions, CutPlace, cut
from memory_service.retrieval.packing import fitting

if TYPE_CHECKING:
    from memory_service.engine.stopwatch import Stopwatch
    from memory_service.engine.texts import Texts
    from memory_service.model.recall import Hit, RecallRequest
    from memory_service.protocols import Reader, Vectors
    from memory_service.retrieval.ranking import Candidates, Ranking

#: How many entries `nearest` shows.
NEAREST = 3
#: Ranks that are read beyond those shown, in case some of these say the same.
SPARE = 4
#: Why an answer holds the newest entries instead of ranked ones.
RECENT_ONLY = "recent_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query of a request, and what is known of it before ranking."""

    query: str
    truncated: bool
    degraded: tuple[Degradation, ...]


class Answering:
    """Folds a ranking, cuts it, packs it and adds context; one query each.

    An entry that was forgotten meanwhile is left out.
    """

    def __init__(
        self,
        reader: Reader,
        texts: Texts,
        request: RecallRequest,
        watch: Stopwatch,
        worth: float,
    ) -> None:
        self._reader = reader
        self._request = request
        self._watch = watch
        self._texts = texts
        self._surrounding = Surrounding(reader, texts, request.context)
        self._options = CutOptions(
            mode=request.cut,
            limit=request.limit,
            min_k=request.min_k,
            min_score=request.min_score,
            worth=worth,
        )

    def ranked(self, asked: Asked, candidates: Candidates, ranking: Ranking) -> QueryAnswer:
        """The answer from a ranking."""
        refused = self.refuses(ranking)
        with self._watch.stage("fetch"):
            looked = self._collapsed(candidates, ranking)
            place = self._place(looked.ranking)
            found = self._hits(candidates, looked, place)
            hits = () if refused else self._packed(found, looked, place)
        if not refused and len(hits) < len(found):
            place = CutPlace(kept=place.kept[: len(hits)], reason=CutReason.BUDGET)
        return QueryAnswer(
            query=asked.query,
            hits=hits,
            nearest=found if refused else (),
            evidence=ranking.evidence,
            cut=_cut(place, looked.ranking),
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
        nearest = tuple(unranked(rank, one.entry) for rank, one in enumerate(fetched, start=1))
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

    def refuses(self, ranking: Ranking) -> bool:
        """Whether nothing is given for want of evidence."""
        return (
            ranking.evidence.level is EvidenceLevel.NONE and self._request.on_none is OnNone.EMPTY
        )

    def _place(self, ranking: Ranking) -> CutPlace:
        if self.refuses(ranking):
            return CutPlace(kept=(), reason=CutReason.NO_EVIDENCE)
        return cut(ranking, self._options)

    def _collapsed(self, candidates: Candidates, ranking: Ranking) -> Collapsed:
        """The ranking, folded as deep as it is shown.

        A few more ranks are looked at than would be shown, and further ones while folding brings
        up some that were not: no two entries of an answer say the same.
        """
        shown = _shown(self._place(ranking))
        window = shown + SPARE
        ordinals = candidates.ordinals[ranking.places]
        vectors = self._vectors(candidates) if self._request.collapse else None
        collapsing = Collapsing(self._texts, ordinals, ranking, vectors=vectors)
        ahead = [] if self.refuses(ranking) else self._surrounding.reached(ordinals[:shown])
        while True:
            ranks = collapsing.looked_at(window)
            self._texts.read([*ordinals[ranks].tolist(), *ahead])
            looked = collapsing.collapsed(ranks, window)
            shown = _shown(self._place(looked.ranking))
            if shown <= looked.safe or window >= len(ordinals):
                return looked
            window = 2 * max(window, shown)

    def _vectors(self, candidates: Candidates) -> Vectors:
        """The candidates' vectors; those that were compared with the query are at hand."""
        compared = candidates.dense.vectors if candidates.dense else None
        return self._reader.vectors(candidates.ordinals) if compared is None else compared

    def _hits(self, candidates: Candidates, looked: Collapsed, place: CutPlace) -> tuple[Hit, ...]:
        showing = Showing(candidates=candidates, ranking=looked.ranking)
        ordinals = candidates.ordinals[looked.ranking.places].tolist()
        return tuple(
            showing.hit(number, rank, fetched, self._ids(looked.duplicates[rank]))
            for number, rank in enumerate(_ranks(place, len(ordinals)), start=1)
            if (fetched := self._texts.get(ordinals[rank]))
        )

    def _ids(self, ordinals: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(found.entry.id for each in ordinals if (found := self._texts.get(each)))

    def _packed(
        self, found: tuple[Hit, ...], looked: Collapsed, place: CutPlace
    ) -> tuple[Hit, ...]:
        """The hits that fit, and their context where there is room."""
        budget = self._request.budget_tokens
        hits = found[: fitting([hit.tokens for hit in found], budget)]
        folded = {each for rank in place.kept[: len(hits)] for each in looked.duplicates[rank]}
        return self._surrounding.around(
            hits,
            barred=frozenset(folded.union(hit.entry.ordinal for hit in hits)),
            room=None if budget is None else budget - sum(hit.tokens for hit in hits),
        )


def _ranks(place: CutPlace, candidates: int) -> tuple[int, ...]:
    """The ranks shown: the first as `nearest` where nothing is given for want of evidence."""
    refused = place.reason is CutReason.NO_EVIDENCE
    return tuple(range(min(NEAREST, candidates))) if refused else place.kept


def _shown(place: CutPlace) -> int:
    """How many leading candidates must be known to show these ranks."""
    if place.reason is CutReason.NO_EVIDENCE:
        return NEAREST
    return place.kept[-1] + 1 if place.kept else 0


def _cut(place: CutPlace, ranking: Ranking) -> Cut:
    considered, kept = len(ranking.places), set(place.kept)
    left = next((rank for rank in range(considered) if rank not in kept), None)
    return Cut(
        reason=place.reason,
        considered=considered,
        below=considered - len(kept),
        next_score=None if left is None else float(ranking.scores[left]),
    )
