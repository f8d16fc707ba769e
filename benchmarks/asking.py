"""A set into the engine, and its questions to the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.batches import batches
from benchmarks.progress import progress
from memory_service.engine.requests import RememberRequest
from memory_service.model.filters import Compare, Field, Operator
from memory_service.model.recall import CutMode, Legs, OnNone, RecallRequest
from memory_service.model.write import OutcomeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.datasets import Dataset, Question
    from memory_service.engine.engine import MemoryEngine
    from memory_service.model.filters import Filter
    from memory_service.model.recall import QueryAnswer
    from memory_service.model.write import Outcome

#: Candidates of each leg, as many as the product takes by default, and entries in a ranking.
DEPTH = 64
#: Entries in one call of `remember`.
WRITE_BATCH = 256
#: Questions in one call of `recall`.
ASK_BATCH = 64

#: As an agent asks: both legs, adaptive cut, every default.
AS_AGENT = RecallRequest(namespace="", queries=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question and what the engine answered."""

    question: Question
    answer: QueryAnswer

    @property
    def ranked(self) -> tuple[str, ...]:
        """The ids of the hits by rank."""
        return tuple(hit.entry.id for hit in self.answer.hits)


def as_ranking(legs: Legs) -> RecallRequest:
    """Ask for `DEPTH` entries by these legs, whatever the evidence and without a cut."""
    return replace(
        AS_AGENT, limit=DEPTH, depth=DEPTH, cut=CutMode.OFF, on_none=OnNone.BEST, legs=legs
    )


def ingest(engine: MemoryEngine, dataset: Dataset) -> Mapping[str, int]:
    """Remember every entry of the set, namespace by namespace.

    Returns:
        How many entries met each outcome; a refusal counts as `rejected: CODE`.
    """
    outcomes: Counter[str] = Counter()
    with progress(f"{dataset.name}: remember", len(dataset.entries)) as advance:
        for namespace, drafts in dataset.by_namespace().items():
            for batch in batches(drafts, WRITE_BATCH):
                receipt = engine.remember(RememberRequest(namespace=namespace, drafts=batch))
                outcomes.update(map(_outcome_name, receipt.outcomes))
                advance(len(batch))
    return dict(sorted(outcomes.items()))


def ask(
    engine: MemoryEngine, dataset: Dataset, *, label: str, manner: RecallRequest
) -> list[Answered]:
    """Ask every question in this manner, `ASK_BATCH` at a time.

    The present is that of the last event in the question's namespace, so that "last week" means
    the same on any day the benchmark is run.
    """
    answered: list[Answered] = []
    present = dataset.last_events()
    with progress(f"{dataset.name}: recall, {label}", len(dataset.questions)) as advance:
        for questions in _question_batches(dataset):
            recalled = engine.recall(
                replace(
                    manner,
                    namespace=questions[0].namespace,
                    queries=tuple(question.text for question in questions),
                    filter=_filter(questions[0]),
                    now=present.get(questions[0].namespace),
                )
            )
            answered += [
                Answered(question=question, answer=answer)
                for question, answer in zip(questions, recalled.answers, strict=True)
            ]
            advance(len(questions))
    return answered


def _question_batches(dataset: Dataset) -> Iterator[tuple[Question, ...]]:
    """Questions that can be asked in one call: of one namespace and one user."""
    groups: dict[tuple[str, int | str | None], list[Question]] = defaultdict(list)
    for question in dataset.questions:
        groups[question.namespace, question.user].append(question)
    for group in groups.values():
        yield from batches(group, ASK_BATCH)


def _filter(question: Question) -> Filter | None:
    if question.user is None:
        return None
    return Compare(field=Field.METADATA, operator=Operator.EQ, values=(question.user,), key="user")


def _outcome_name(outcome: Outcome) -> str:
    if outcome.status is OutcomeStatus.REJECTED:
        return f"rejected: {outcome.error_code}"
    return outcome.status.value
