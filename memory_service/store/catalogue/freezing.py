"""A ledger as it was at one moment, as rows to be sealed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from memory_service.store.catalogue.row import HASHES, ROW
from memory_service.store.catalogue.sealing import Part, Whole
from memory_service.store.catalogue.text_parts import TextParts
from memory_service.store.catalogue.texts import Texts, keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from memory_service.model.position import Position
    from memory_service.store.catalogue.catalogue import Catalogue
    from memory_service.store.catalogue.columns import Columns
    from memory_service.store.catalogue.names_since import NamesSince
    from memory_service.store.catalogue.sealed import Sealed
    from memory_service.store.catalogue.texts import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A ledger as it was at a position: the rows of each namespace beside the sealed ones."""

    position: Position
    sealed: Sealed
    grown: Sequence[tuple[Columns, int]]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Frozen:
        """As it is; on the writer's thread."""
        ledger = catalogue.current.ledger
        return cls(
            position=catalogue.position,
            sealed=ledger.sealed,
            grown=[(columns, columns.growing.count) for columns in ledger.columns.values()],
        )

    def numbers(self) -> list[int]:
        """The namespaces there were."""
        return [columns.number for columns, _ in self.grown]


def whole_of(frozen: Frozen) -> Whole:
    """Its rows, and what their numbers mean; they may go on changing meanwhile."""
    sealed, grown = frozen.sealed, [pair for pair in frozen.grown if pair[1]]
    sessions, first_sessions = _names(sealed.sessions, [c.session_names for c, _ in grown])
    speakers, first_speakers = _names(sealed.speakers, [c.speakers for c, _ in grown])
    counts = [count for _, count in grown]
    numbers = np.repeat(np.array([columns.number for columns, _ in grown], np.int64), counts)
    ids = Texts.of([id.encode() for c, count in grown for id in c.growing.ids[:count]])
    since = Part(
        numbers=numbers,
        ordinals=_joined(np.int64, [c.growing.ordinals[:count] for c, count in grown]),
        rows=_joined(ROW, [c.growing.rows[:count] for c, count in grown]),
        hashes=_joined(HASHES, [c.growing.hashes[:count] for c, count in grown]),
    )
    _shift(since.rows["session"], len(sealed.sessions), np.repeat(first_sessions, counts))
    _shift(since.rows["speaker"], len(sealed.speakers), np.repeat(first_speakers, counts))
    return Whole(
        live=np.array(sorted(frozen.numbers()), np.int64),
        parts=[_sealed_part(sealed), since],
        ids=TextParts(
            [sealed.ids.texts, ids],
            np.concatenate([sealed.ids.index.in_order(), keys_of(numbers, ids)]),
        ),
        sessions=sessions,
        speakers=speakers,
    )


def _sealed_part(sealed: Sealed) -> Part:
    return Part(
        numbers=np.repeat(sealed.numbers, np.diff(sealed.starts)),
        ordinals=sealed.ordinals,
        rows=sealed.rows,
        hashes=sealed.hashes,
    )


def _names(sealed: Names, since: Sequence[NamesSince]) -> tuple[TextParts, list[int]]:
    """All names, sealed ones first, and where behind these each namespace's begin."""
    lists = [list(names.since) for names in since]
    counts = [len(names) for names in lists]
    texts = Texts.of([name.encode() for names in lists for name in names])
    numbers = np.repeat(np.array([names.number for names in since], np.int64), counts)
    keys = np.concatenate([sealed.index.in_order(), keys_of(numbers, texts)])
    firsts = [0, *accumulate(counts)][: len(lists)]
    return TextParts([sealed.texts, texts], keys), firsts


def _shift(numbers: npt.NDArray[np.int32], sealed: int, firsts: npt.NDArray[Any]) -> None:
    """Make numbers behind the *sealed* ones, counted by namespace, numbers of the whole."""
    later = numbers >= sealed
    numbers[later] += firsts[later].astype(np.int32)


def _joined(kind: npt.DTypeLike, arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *arrays])
