"""Questions as the ranking sees them: candidates, and which of them answer."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.asking import as_ranking, ask
from memory_service.model.read import Surroundings
from memory_service.model.recall import Legs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from benchmarks.datasets import Dataset, Question
    from benchmarks.stores import Store
    from memory_service.retrieval.ranking import Candidates, RankingOptions

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """A question's candidates; `relevant` says which rows answer it, none for no answer.

    `options` are those under which the product ranked them, the model's floor among them; `gold`
    are the ids that answer, candidates or not.
    """

    candidates: Candidates
    options: RankingOptions
    relevant: Flags
    gold: frozenset[str] = frozenset()

    @property
    def answerable(self) -> bool:
        """Whether a candidate answers."""
        return bool(self.relevant.any())


def gather(store: Store, dataset: Dataset, questions: Sequence[Question]) -> list[Example]:
    """Ask each question of the product and keep what it ranked, in some order.

    Raises:
        ValueError: If a question found no candidate at all.
    """
    seen: list[tuple[Candidates, RankingOptions]] = []
    asked = replace(dataset, questions=tuple(questions))
    manner = replace(as_ranking(Legs()), limit=1)

    def observe(candidates: Candidates, options: RankingOptions) -> None:
        seen.append((candidates, options))

    with store.engine(lambda options: replace(options, observe=observe)) as engine:
        answered = ask(engine, asked, label="candidates", manner=manner)
    return [
        Example(
            candidates=candidates,
            options=options,
            relevant=_among(candidates, one.question.gold),
            gold=frozenset(one.question.gold),
        )
        for one, (candidates, options) in zip(answered, seen, strict=True)
    ]


def unanswered(example: Example) -> Example:
    """The same question of a store that lacks what answers it.

    The statistics of the words stay as they were: one entry fewer hardly moves them.
    """
    kept = np.flatnonzero(~example.relevant)
    candidates = _rows(example.candidates, kept)
    return replace(example, candidates=candidates, relevant=np.zeros(len(kept), dtype=np.bool_))


def by_dense_alone(example: Example) -> Example:
    """The same without the lexical leg."""
    return replace(example, candidates=replace(example.candidates, lexical=None))


def by_words_alone(example: Example) -> Example:
    """The same without the dense leg."""
    return replace(example, candidates=replace(example.candidates, dense=None))


def _among(candidates: Candidates, gold: Collection[str]) -> Flags:
    return np.array([each in gold for each in candidates.ids], dtype=np.bool_)


def _rows(candidates: Candidates, rows: npt.NDArray[np.int64]) -> Candidates:
    dense, lexical = candidates.dense, candidates.lexical
    return replace(
        candidates,
        ordinals=candidates.ordinals[rows],
        ids=[candidates.ids[row] for row in rows],
        dense=dense
        and replace(
            dense,
            ordinals=dense.ordinals[rows],
            scores=dense.scores[rows],
            parts=dense.parts[rows],
        ),
        lexical=lexical
        and replace(
            lexical,
            ordinals=lexical.ordinals[rows],
            scores=lexical.scores[rows],
            matched=lexical.matched[rows],
        ),
        surroundings=_surroundings(candidates.surroundings, rows),
        timely=None if candidates.timely is None else candidates.timely[rows],
        boosts=None if candidates.boosts is None else candidates.boosts[rows],
    )


def _surroundings(around: Surroundings, rows: npt.NDArray[np.int64]) -> Surroundings:
    columns = {
        column.name: getattr(around, column.name)[rows]
        for column in fields(Surroundings)
        if column.name != "speaker_names"
    }
    return replace(around, **columns)
