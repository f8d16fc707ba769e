"""What the demo tells: one conversation, and questions about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.datasets import Question, as_event_time
from benchmarks.locomo_raw import read_locomo
from memory_service.model.entry import EntryDraft

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset

_FOLDER = Path(__file__).parent
_CATEGORIES = ("single-hop", "temporal", "multi-hop", "open-domain")
_PER_CATEGORY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A conversation and its questions; a question without gold has no answer in it.

    When `certain`, every question must be answered by one of its entries, or by nothing.
    """

    title: str
    namespace: str
    drafts: tuple[EntryDraft, ...]
    questions: tuple[Question, ...]
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a story went.

    Of `asked` questions with an answer in the conversation, `found` had one of its entries among
    the hits.  Of `foreign` questions without, `refused` were answered with nothing.
    """

    asked: int
    found: int
    foreign: int
    refused: int

    @property
    def complete(self) -> bool:
        """Whether every question was answered as it should be."""
        return self.asked == self.found and self.foreign == self.refused


def own_story() -> Story:
    """The conversation in this repository: two people plan a repair café."""
    return Story(
        title="Nora and Wei plan a repair café",
        namespace="repair-cafe",
        drafts=tuple(_draft(record) for record in _lines("demo_conversation.jsonl")),
        questions=_own_questions("repair-cafe"),
        certain=True,
    )


def locomo_story(file: Path) -> Story:
    """The first conversation of a LoCoMo file, two questions of a kind, and one of ours.

    Raises:
        InvalidInputError: If the file is not LoCoMo's.
    """
    dataset = read_locomo(file)
    namespace = dataset.entries[0].namespace
    unanswerable = tuple(asked for asked in _own_questions(namespace) if not asked.gold)
    return Story(
        title=f"LoCoMo, {namespace}",
        namespace=namespace,
        drafts=tuple(dataset.by_namespace()[namespace]),
        questions=(*_some_of_each(dataset, namespace), *unanswerable),
        certain=False,
    )


def _some_of_each(dataset: Dataset, namespace: str) -> list[Question]:
    asked = [one for one in dataset.questions if one.namespace == namespace and one.gold]
    return [
        one
        for category in _CATEGORIES
        for one in [some for some in asked if some.category == category][:_PER_CATEGORY]
    ]


def _own_questions(namespace: str) -> tuple[Question, ...]:
    return tuple(
        Question(
            id=str(number),
            namespace=namespace,
            text=record["question"],
            gold=dict.fromkeys(record["expects"], 1),
        )
        for number, record in enumerate(_lines("demo_questions.jsonl"))
    )


def _draft(record: dict[str, Any]) -> EntryDraft:
    return EntryDraft(**record | {"event_time": as_event_time(record["event_time"])})


def _lines(name: str) -> list[dict[str, Any]]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
