"""What every system of `bench-peers` is given and asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from benchmarks.datasets import Question
    from memory_service.protocols import Vector, Vectors

#: Ids in an answer, and so many of each leg where a store joins two by rank: with more, what
#: both legs have somewhere comes before what one has first, and every store ranked worse
#: (conversations 1 to 5 of LoCoMo: nDCG@10 of 43 or 47 with ten, of 41 or 43 with a hundred).
SHOWN = 10
#: Candidates of each leg for the bare limit, which has to do as much as ours does.
DEPTH = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entries:
    """What is stored, a row each: id, namespace, contextual key, and its vector.

    An id comes once in its namespace.
    """

    ids: tuple[str, ...]
    namespaces: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: Vectors

    @property
    def several(self) -> bool:
        """Whether they are of more than one namespace, so that a search has to look at it."""
        return len(set(self.namespaces)) > 1

    def apart(self) -> dict[str, Entries]:
        """Those of each namespace, in their order."""
        rows: dict[str, list[int]] = {}
        for row, namespace in enumerate(self.namespaces):
            rows.setdefault(namespace, []).append(row)
        return {namespace: self._at(of_it) for namespace, of_it in rows.items()}

    def _at(self, rows: list[int]) -> Entries:
        return Entries(
            ids=tuple(self.ids[row] for row in rows),
            namespaces=tuple(self.namespaces[row] for row in rows),
            texts=tuple(self.texts[row] for row in rows),
            vectors=self.vectors[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """A question with its vector and the asker's present."""

    question: Question
    vector: Vector
    now: datetime | None = None

    @property
    def namespace(self) -> str:
        """Where to look."""
        return self.question.namespace

    @property
    def text(self) -> str:
        """The question in words."""
        return self.question.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """At most `SHOWN` ids by falling rank.

    `hydration` is how many milliseconds of the call went into reading texts, for a system that
    answers with them.
    """

    ids: tuple[str, ...]
    hydration: float | None = None


class Searcher(Protocol):
    """A system with the entries in it."""

    def search(self, asked: Asked) -> Found:
        """The best entries of the question's namespace."""
        ...


#: Puts entries into a system that may keep files in a folder of its own, and gives it up again.
Opening = Callable[[Entries, Path], AbstractContextManager[Searcher]]
