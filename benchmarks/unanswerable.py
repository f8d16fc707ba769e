"""Questions that a store cannot answer, made from questions that it can.

None of them is free of doubt: another entry may say what the removed one said, and another
conversation may happen to hold an answer.  So figures over them are bounds from below.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, zip_longest
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.datasets import Dataset, PlacedDraft, Question

#: Questions with a false premise: entries are judged for them, but none answers them.
ADVERSARIAL = "adversarial"
#: The largest share of a namespace that a copy may lack, if one question's gold is not more.
MOST_MISSING = 0.05


class Kind(StrEnum):
    """How a question came to have no answer.

    `GOLD_REMOVED`: asked of its own store without the entries that answer it.  `NAMES_SWAPPED`:
    asked of another conversation, with the names of that one's speakers.  `CROSS_PAIRED`: the
    same with the names left as they were, which by themselves give it away.  `FOREIGN`: of
    another set.
    """

    GOLD_REMOVED = "gold removed"
    NAMES_SWAPPED = "names swapped"
    CROSS_PAIRED = "cross-paired"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A namespace without the entries in `missing`, for questions whose gold is among them."""

    namespace: str
    missing: frozenset[str] = frozenset()
    questions: tuple[Question, ...] = ()

    def without_gold_of(self, question: Question) -> Copy:
        """The copy that lacks the question's gold as well, and serves the question."""
        return replace(
            self,
            missing=self.missing | question.gold.keys(),
            questions=(*self.questions, question),
        )

    def as_set(self, dataset: Dataset, name: str) -> Dataset:
        """The copy as a namespace called *name*, with its questions."""
        return replace(
            dataset,
            entries=tuple(
                replace(placed, namespace=name)
                for placed in dataset.entries
                if placed.namespace == self.namespace and placed.draft.id not in self.missing
            ),
            questions=tuple(_elsewhere(question, name) for question in self.questions),
        )


def answerable(questions: Iterable[Question]) -> list[Question]:
    """Those whose answer the set knows; those with a false premise are not among them."""
    return [asked for asked in questions if asked.gold and asked.category != ADVERSARIAL]


def adversarial(questions: Iterable[Question]) -> list[Question]:
    """Those with a false premise."""
    return [asked for asked in questions if asked.gold and asked.category == ADVERSARIAL]


def copies_without_gold(
    entries: Iterable[PlacedDraft],
    questions: Iterable[Question],
    *,
    most_missing: float = MOST_MISSING,
) -> list[Copy]:
    """Copies of the namespaces, such that each question has one that lacks all of its gold.

    A copy serves many questions, since what else it lacks does not answer them; but it lacks no
    more than *most_missing* of its namespace, or the gold of one question if that is more.  Each
    question goes to the first copy with room for its gold.
    """
    sizes = Counter(placed.namespace for placed in entries)
    copies: dict[str, list[Copy]] = defaultdict(list)
    for question in questions:
        here, room = copies[question.namespace], int(most_missing * sizes[question.namespace])
        for place, copy in enumerate(here):
            more = copy.without_gold_of(question)
            if len(more.missing) <= max(room, len(copy.missing)):
                here[place] = more
                break
        else:
            here.append(Copy(namespace=question.namespace).without_gold_of(question))
    return list(chain.from_iterable(copies.values()))


def cross_paired(questions: Sequence[Question]) -> list[Question]:
    """Each question asked of the next namespace, and those of the last one of the first.

    Empty when there is only one namespace.
    """
    after = _next_namespaces(questions)
    return [_elsewhere(asked, after[asked.namespace]) for asked in questions] if after else []


def names_swapped(
    questions: Sequence[Question], speakers: Mapping[str, Sequence[str]]
) -> list[Question]:
    """As `cross_paired`, with the names of one namespace's speakers turned into the other's.

    The first to speak becomes the first to speak there, the second the second.  Empty when there
    is only one namespace, or nobody who speaks.
    """
    after = _next_namespaces(questions)
    if not after or not any(speakers.get(namespace) for namespace in after):
        return []
    names = {
        here: dict(zip(speakers.get(here, ()), speakers.get(there, ()), strict=False))
        for here, there in after.items()
    }
    return [
        replace(
            _elsewhere(asked, after[asked.namespace]),
            text=rename(asked.text, names[asked.namespace]),
        )
        for asked in questions
    ]


def foreign(
    questions: Sequence[Question], pools: Sequence[Sequence[Question]], *, seed: int
) -> list[Question]:
    """As many questions of other sets as there are *questions*, asked where those are asked.

    They are drawn at random, as evenly from the pools as these allow; fewer, if all of them hold
    fewer.
    """
    drawn = Random(seed)  # noqa: S311 (no secret)
    shuffled = [drawn.sample(pool, len(pool)) for pool in pools]
    turns = chain.from_iterable(zip_longest(*shuffled))
    others = [question for question in turns if question is not None]
    return [
        replace(_elsewhere(other, asked.namespace), user=asked.user)
        for asked, other in zip(questions, others, strict=False)
    ]


def rename(text: str, names: Mapping[str, str]) -> str:
    """The text with these names replaced, all at once, where they stand as whole words.

    A possessive is the name and what follows it; letter case matters.
    """
    if not names:
        return text
    longest_first = sorted(names, key=len, reverse=True)
    pattern = rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)"
    return re.sub(pattern, lambda found: names[found.group()], text)


def speakers_of(entries: Iterable[PlacedDraft]) -> dict[str, tuple[str, ...]]:
    """Who speaks in each namespace, in the order in which they first do."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for placed in entries:
        if placed.draft.speaker:
            found[placed.namespace][placed.draft.speaker] = None
    return {namespace: tuple(names) for namespace, names in found.items()}


def _next_namespaces(questions: Sequence[Question]) -> dict[str, str]:
    spaces = list(dict.fromkeys(asked.namespace for asked in questions))
    if len(spaces) < 2:
        return {}
    return dict(zip(spaces, [*spaces[1:], spaces[0]], strict=True))


def _elsewhere(question: Question, namespace: str) -> Question:
    """The question asked of another namespace, where nothing answers it."""
    return replace(question, namespace=namespace, gold={})
