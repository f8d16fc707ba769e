"""Questions of a gold file to the daemon, and which of its ids the daemon does not hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from memory_service.cli.eval_rows import FIRST, QuestionRow
from memory_service.evaluation.measures import GRADED_NDCG, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from agent_client import MemoryClient
    from agent_client.models import Recall, RecallOptions
    from memory_service.cli.eval_gold import GoldQuestion
    from memory_service.evaluation.measures import Measure

#: The most hits of one query, and so how long a ranking is.
DEPTH = 64
#: Rankings come with their entries: less than a call takes, so that an answer stays small.
_TOGETHER = 16
_BEYOND_DEPTH = "recall_at_100"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownId:
    """An id of the gold that its namespace does not hold."""

    line: int
    namespace: str
    id: str


@dataclass(slots=True, kw_only=True)
class Asking:
    """Asks questions and keeps what is said of all of them.

    `degraded` counts answers by the part that is missing and why.
    """

    client: MemoryClient
    limit: int
    models: set[str] = field(default_factory=set)
    calibrations: set[str] = field(default_factory=set)
    degraded: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def ask(
        self, questions: Sequence[GoldQuestion], advance: Callable[[int], None]
    ) -> list[QuestionRow]:
        """What becomes of each question, by line; *advance* is told how many are done."""
        measures = measures_of(questions)
        rows: list[QuestionRow] = []
        for batch in _batches(questions):
            rankings = self._recall(batch, limit=DEPTH, cut="off", on_none="best", collapse=False)
            answers = self._recall(batch, limit=self.limit)
            for question, ranking, answer in zip(batch, rankings, answers, strict=True):
                self._note(question, ranking, answer)
                rows.append(_row(question, ranking, answer, measures))
            advance(len(rows))
        return sorted(rows, key=lambda row: row.line)

    def unknown_ids(
        self, questions: Sequence[GoldQuestion], advance: Callable[[int], None]
    ) -> list[UnknownId]:
        """The gold that is not there; what was recalled need not be looked for."""
        known: dict[tuple[str, str], bool] = dict.fromkeys(self._seen, True)
        unknown = []
        for number, question in enumerate(questions, start=1):
            for id in question.gold:
                place = question.namespace, id
                if place not in known:
                    known[place] = self._holds(*place)
                if not known[place]:
                    one = UnknownId(line=question.line, namespace=question.namespace, id=id)
                    unknown.append(one)
            advance(number)
        return unknown

    def _recall(
        self, batch: Sequence[GoldQuestion], **options: Unpack[RecallOptions]
    ) -> Sequence[Recall]:
        first = batch[0]
        if first.filter is not None:
            options["filter"] = first.filter
        if first.now is not None:
            options["now"] = first.now
        queries = [question.query for question in batch]
        return self.client.recall(queries, namespace=first.namespace, **options).answers

    def _note(self, question: GoldQuestion, ranking: Recall, answer: Recall) -> None:
        self._seen.update((question.namespace, hit.entry.id) for hit in ranking.hits)
        self.models.add(answer.model or "")
        self.calibrations.add(answer.calibration)
        self.degraded.update(
            {f"{part.leg}: {part.reason}" for part in (*ranking.degraded, *answer.degraded)}
        )

    def _holds(self, namespace: str, id: str) -> bool:
        from agent_client.errors import EntryNotFoundError

        try:
            self.client.get(id, namespace=namespace)
        except EntryNotFoundError:
            return False
        return True


def measures_of(questions: Sequence[GoldQuestion]) -> tuple[Measure, ...]:
    """The measures of a ranking this long; with grades, the one that counts them too."""
    graded = any(grade > 1 for question in questions for grade in question.gold.values())
    usual = tuple(measure for measure in MEASURES if measure.name != _BEYOND_DEPTH)
    return (*usual, GRADED_NDCG) if graded else usual


def _batches(questions: Sequence[GoldQuestion]) -> Iterator[list[GoldQuestion]]:
    """Questions that can be asked in one call: the same namespace, filter and present."""
    groups: dict[str, list[GoldQuestion]] = defaultdict(list)
    for question in questions:
        groups[repr((question.namespace, question.filter, question.now))].append(question)
    for group in groups.values():
        for start in range(0, len(group), _TOGETHER):
            yield group[start : start + _TOGETHER]


def _row(
    question: GoldQuestion, ranking: Recall, answer: Recall, measures: Sequence[Measure]
) -> QuestionRow:
    ranked = [hit.entry.id for hit in ranking.hits]
    hits = tuple(hit.entry.id for hit in answer.hits)
    shown = [{hit.entry.id, *hit.duplicates} for hit in answer.hits]
    return QuestionRow(
        question=question.digest,
        line=question.line,
        namespace=question.namespace,
        gold=tuple(question.gold),
        measures={
            measure.name: measure.compute(ranked, question.gold)
            for measure in (measures if question.gold else ())
        },
        first=tuple(ranked[:FIRST]),
        hits=hits,
        kept=tuple(id for id in question.gold if any(id in ids for ids in shown)),
        relevant=sum(not ids.isdisjoint(question.gold) for ids in shown),
        tokens=answer.tokens,
        evidence=answer.evidence,
        probability=answer.probability,
    )
