"""A query's candidates from rows, one per entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.read import DenseLeg, LexicalLeg, LexicalQuery, QueryTerm, Surroundings
from memory_service.model.recall import Evidence, EvidenceLevel
from memory_service.retrieval.features import Background
from memory_service.retrieval.ranking import Candidates, Ranking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.retrieval.ranking import Scores

NAN = float("nan")
#: What the queries of these candidates ask for; an entry that holds all has the mask 0b11.
TERMS = (
    QueryTerm(word="launch", idf=3.0, entries=1),
    QueryTerm(word="june", idf=1.0, entries=2),
)
BOUND = 4.0
#: Cosines of which 0.1 is the mean, as if few entries came near.
BACKGROUND = Background(mean=0.1, deviation=0.2)


@dataclass(frozen=True, kw_only=True)
class Row:
    """An entry: its scores, and where it stands.

    Rows of one session are its turns in order, without a gap; -1 is no session, or no speaker.
    """

    id: str
    cosine: float = 0.0
    bm25: float = 0.0
    matched: int = 0
    session: int = -1
    speaker: int = -1
    length: int = 8
    asks: bool = False


def candidates(
    *rows: Row,
    query: str = "launch june",
    dense: bool = True,
    lexical: bool = True,
    background: Background = BACKGROUND,
    timely: Sequence[float] | None = None,
    boosts: Sequence[float] | None = None,
) -> Candidates:
    """These, with the legs that are there."""
    ordinals = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Candidates(
        query=query,
        ordinals=ordinals,
        ids=[row.id for row in rows],
        dense=_dense(rows) if dense else None,
        lexical=_lexical(rows) if lexical else None,
        surroundings=surroundings(rows),
        background=background,
        timely=_scores(timely),
        boosts=_scores(boosts),
    )


def surroundings(
    rows: Sequence[Row], speaker_names: tuple[str, ...] = ("Ann", "Bob")
) -> Surroundings:
    """Where each of these stands among the others; the first has ordinal 1."""
    before = [_last_of(row.session, rows[:place]) for place, row in enumerate(rows)]
    after = [
        before.index(place + 1) + 1 if place + 1 in before else -1 for place in range(len(rows))
    ]
    return Surroundings(
        ordinals=np.arange(1, len(rows) + 1),
        before=np.array(before, np.int64),
        after=np.array(after, np.int64),
        sessions=np.array([row.session for row in rows], np.int64),
        speakers=np.array([row.speaker for row in rows], np.int64),
        speaker_names=speaker_names,
        lengths=np.array([row.length for row in rows], np.int64),
        asks=np.array([row.asks for row in rows], np.bool_),
        days=np.full(len(rows), np.nan),
        written=np.zeros(len(rows)),
    )


def a_ranking(likely: Sequence[float], cost: Sequence[float], *, evidence: float = 1.0) -> Ranking:
    """A ranking with these probabilities, given an answer, and costs by rank."""
    return Ranking(
        places=np.arange(len(likely)),
        fused=np.array(likely, np.float64),
        likely=np.array(likely, np.float64),
        costs=np.array(cost, np.float64),
        parts={},
        dense=None,
        lexical=None,
        evidence=Evidence(level=EvidenceLevel.WEAK, probability=evidence, calibration="tests"),
    )


def _last_of(session: int, rows: Sequence[Row]) -> int:
    """The ordinal of the session's last turn among these, -1 without one."""
    turns = [place for place, row in enumerate(rows, start=1) if row.session == session >= 0]
    return turns[-1] if turns else -1


def _dense(rows: Sequence[Row]) -> DenseLeg:
    cosines = np.array([row.cosine for row in rows], np.float64)
    return DenseLeg(
        ordinals=np.arange(1, len(rows) + 1, dtype=np.int64),
        scores=cosines,
        parts=np.where(np.isnan(cosines), -1, 0).astype(np.int32),
    )


def _lexical(rows: Sequence[Row]) -> LexicalLeg:
    return LexicalLeg(
        ordinals=np.arange(1, len(rows) + 1, dtype=np.int64),
        scores=np.array([row.bm25 for row in rows], np.float64),
        matched=np.array([row.matched for row in rows], dtype=np.uint64),
        query=LexicalQuery(terms=TERMS, bound=BOUND),
    )


def _scores(values: Sequence[float] | None) -> Scores | None:
    return None if values is None else np.array(values, np.float64)
