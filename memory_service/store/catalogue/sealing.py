"""Makes the arrays of `Sealed` from rows that lie in several parts, in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from memory_service.store.catalogue.row import GONE, HASHES, NEVER, NONE, ROW
from memory_service.store.catalogue.sealed import ARRAYS, Sealed, content_keys
from memory_service.store.catalogue.texts import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from memory_service.model.read import Ordinals
    from memory_service.store.catalogue.row import Rows
    from memory_service.store.catalogue.text_parts import TextParts

    Array = npt.NDArray[Any]
    Blocks = Iterator[Array]

#: So many rows are copied at a time.
_BLOCK = 1 << 15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Rows and the numbers of their namespaces.

    Sessions and speakers in `rows` are numbers of the whole, links are not looked at.
    """

    numbers: Ordinals
    ordinals: Ordinals
    rows: Rows
    hashes: Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Whole:
    """All parts, the ids of their rows, the names that their numbers mean.

    Rows of other namespaces than those that are *live* are left out.
    """

    live: Ordinals
    parts: Sequence[Part]
    ids: TextParts
    sessions: TextParts
    speakers: TextParts


def seal(whole: Whole) -> Iterator[tuple[str, Blocks]]:
    """The `ARRAYS` of all rows that are not gone, each in blocks, in the order of `ARRAYS`.

    Rows may go, and get their vectors, while it runs: they are then in it in one state or the
    other, and the same to all of its arrays.
    """
    return _Sealing(whole).arrays()


def sealed_in_memory(whole: Whole) -> Sealed:
    """All of it at once."""
    return Sealed.of(
        {name: np.concatenate([np.empty(0, ARRAYS[name]), *blocks]) for name, blocks in seal(whole)}
    )


class _Sealing:
    """One run: the order of the rows, and the columns that others are made of."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        expires = self._all("expires")
        numbers = np.concatenate([part.numbers for part in whole.parts])
        ordinals = np.concatenate([part.ordinals for part in whole.parts])
        kept = np.flatnonzero((expires != GONE) & np.isin(numbers, whole.live))
        self._order = kept[np.lexsort((ordinals[kept], numbers[kept]))]
        self._expires = expires[self._order]
        self._passages = self._all("passages")[self._order]
        self._of_row = numbers[self._order]
        self._ordinals = ordinals[self._order]
        self._numbers, starts = np.unique(self._of_row, return_index=True)
        self._starts = np.append(starts, len(self._order))
        self._place = np.arange(len(self._order)) - np.repeat(starts, np.diff(self._starts))

    def _all(self, name: str) -> Array:
        return np.concatenate([part.rows[name] for part in self._whole.parts])

    def _of(self, name: str) -> Array:
        """A column in order."""
        return self._all(name)[self._order]

    def arrays(self) -> Iterator[tuple[str, Blocks]]:
        """See `seal`."""
        sessions, used_sessions = _renumbered(self._of("session"))
        speakers, used_speakers = _renumbered(self._of("speaker"))
        order, links = self._linked(sessions)
        own = {"session": sessions, "speaker": speakers, **links}
        own |= {"expires": self._expires, "passages": self._passages}
        yield "rows", self._blocks(ROW, lambda part: part.rows, own)
        yield "hashes", self._blocks(HASHES, lambda part: part.hashes, {})
        del own, links
        yield from _plain(self._directory())
        yield from _plain(self._agendas())
        yield from _plain(self._sessions(sessions, order, len(used_sessions)))
        yield from _named("ids", self._whole.ids, self._order)
        yield from _named("sessions", self._whole.sessions, used_sessions)
        yield from _named("speakers", self._whole.speakers, used_speakers)
        yield from _plain(self._content())

    def _blocks(
        self, kind: np.dtype[Any], get: Callable[[Part], Array], own: Mapping[str, Array]
    ) -> Blocks:
        """Copies of the rows in order, with the values of *own* in place of their own."""
        for start in range(0, len(self._order), _BLOCK):
            places = self._order[start : start + _BLOCK]
            block, first = np.empty(len(places), kind), 0
            for part in self._whole.parts:
                here = (places >= first) & (places < first + len(part.ordinals))
                block[here] = get(part)[places[here] - first]
                first += len(part.ordinals)
            for name, column in own.items():
                block[name] = column[start : start + _BLOCK]
            yield block

    def _directory(self) -> Mapping[str, Array]:
        return {
            "ordinals": self._ordinals,
            "numbers": self._numbers,
            "starts": self._starts,
            "terms": self._sums(self._of("length").astype(np.int64)),
            "waiting_counts": self._sums((self._passages == 0).astype(np.int64)),
        }

    def _sums(self, values: Ordinals) -> Ordinals:
        """Sums by namespace."""
        return np.add.reduceat(values, self._starts[:-1]) if len(values) else values

    def _agendas(self) -> Mapping[str, Array]:
        some = np.flatnonzero(self._expires != NEVER)
        some = some[np.lexsort((self._expires[some], self._of_row[some]))]
        waiting = np.flatnonzero(self._passages == 0)
        return {
            "expiring_starts": np.searchsorted(
                self._of_row[some], np.append(self._numbers, np.iinfo(np.int64).max)
            ),
            "expiring_at": self._expires[some],
            "expiring": self._place[some],
            "waiting": waiting[np.argsort(self._ordinals[waiting], kind="stable")],
        }

    def _linked(self, sessions: Array) -> tuple[Ordinals, Mapping[str, Array]]:
        """The rows that have a session in the order of these, and everybody's links."""
        order = np.lexsort((self._of("first_seq"), self._of("turn"), sessions))
        order = order[sessions[order] != NONE]
        same = sessions[order][1:] == sessions[order][:-1]
        before = np.full(len(sessions), NONE, np.int32)
        after = before.copy()
        before[order[1:][same]] = self._place[order[:-1][same]]
        after[order[:-1][same]] = self._place[order[1:][same]]
        return order, {"before": before, "after": after}

    def _sessions(self, sessions: Array, order: Ordinals, count: int) -> Mapping[str, Array]:
        return {
            "session_starts": np.searchsorted(sessions[order], np.arange(count + 1)),
            "session_rows": self._place[order],
        }

    def _content(self) -> Mapping[str, Array]:
        contents = [
            content_keys(part.numbers, part.hashes["content"].copy()) for part in self._whole.parts
        ]
        index = Index.of(np.concatenate(contents)[self._order])
        return {"content.keys": index.keys, "content.places": index.places}


def _renumbered(numbers: Array) -> tuple[Array, Ordinals]:
    """Numbers as places among those in use, and these; -1 stays."""
    known = numbers != NONE
    used, places = np.unique(numbers[known], return_inverse=True)
    renumbered = np.full(len(numbers), NONE, np.int32)
    renumbered[known] = places
    return renumbered, used.astype(np.int64)


def _named(name: str, texts: TextParts, order: Ordinals) -> Iterator[tuple[str, Blocks]]:
    index = Index.of(texts.keys[order])
    yield f"{name}.starts", iter([texts.starts_of(order)])
    yield f"{name}.data", texts.blocks(order)
    yield f"{name}.keys", iter([index.keys])
    yield f"{name}.places", iter([index.places])


def _plain(arrays: Mapping[str, Array]) -> Iterator[tuple[str, Blocks]]:
    for name, array in arrays.items():
        yield name, iter([array.astype(ARRAYS[name], copy=False)])
