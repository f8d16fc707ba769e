"""The conversation around a query's candidates."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.read import Surroundings

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

_NO_SESSION = -1
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conversation:
    """Where each candidate stands in its session, row by row.

    `inside` is false for an entry without a session; nothing that concerns conversations is then
    told of it.  A neighbour that is no candidate counts as 0.
    """

    inside: Flags
    asks: Flags
    named: Flags
    relative_lengths: Scores
    _before: Rows
    _after: Rows
    _sessions: Rows

    def before(self, values: Scores) -> Scores:
        """The value of the turn before."""
        return _taken(values, self._before)

    def masks_before(self, masks: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The mask of the turn before, 0 where there is none."""
        return np.where(self._before >= 0, masks[self._before], np.uint64(0))

    def after(self, values: Scores) -> Scores:
        """The value of the turn after."""
        return _taken(values, self._after)

    def session_best(self, values: Scores, count: int) -> Scores:
        """The mean of the *count* best values of each session, of fewer where there are fewer."""
        means = np.zeros(len(values))
        if not len(values):
            return means
        order = np.lexsort((-values, self._sessions))
        sessions = self._sessions[order]
        starts = np.flatnonzero(np.diff(sessions, prepend=_NO_SESSION - 1))
        sizes = np.diff(starts, append=len(order))
        rank = np.arange(len(order)) - np.repeat(starts, sizes)
        sums = np.add.reduceat(np.where(rank < count, values[order], 0.0), starts)
        best = np.where(sessions[starts] > _NO_SESSION, sums / np.minimum(sizes, count), 0.0)
        means[order] = np.repeat(best, sizes)
        return means


def conversation(query: str, ordinals: Rows, around: Surroundings) -> Conversation:
    """What *around* says of the candidates *ordinals*, which are sorted, for this query."""
    inside = around.sessions > _NO_SESSION
    return Conversation(
        inside=inside,
        asks=around.asks & inside,
        named=_named(query, around) & inside,
        relative_lengths=np.where(inside, _relative(around.lengths), 0.0),
        _before=_rows(around.before, ordinals),
        _after=_rows(around.after, ordinals),
        _sessions=around.sessions,
    )


def _rows(neighbours: Rows, ordinals: Rows) -> Rows:
    """The rows of these ordinals, -1 for one that is no candidate."""
    places = np.minimum(np.searchsorted(ordinals, neighbours), max(len(ordinals) - 1, 0))
    return np.where(ordinals[places] == neighbours, places, -1) if len(ordinals) else neighbours


def _taken(values: Scores, rows: Rows) -> Scores:
    return np.where(rows >= 0, values[rows], 0.0)


def _relative(lengths: npt.NDArray[np.int64]) -> Scores:
    logarithms = np.log1p(lengths.astype(np.float64))
    return logarithms - np.log1p(lengths.mean()) if len(lengths) else logarithms


def _named(query: str, around: Surroundings) -> Flags:
    """Whose speaker the query names; nobody's where all have one speaker or none."""
    if len(around.speaker_names) < 2:
        return np.zeros(len(around.speakers), dtype=np.bool_)
    named = np.array([*names_in(query, around.speaker_names), False])
    return np.asarray(named[around.speakers])


def names_in(query: str, names: Sequence[str]) -> list[bool]:
    """Whether the query holds a word of each name; case and width do not count.

    Initials do not count either.  In writing without spaces a name counts where it stands within
    a run.
    """
    folded = _folded(query)
    words = set(_WORDS.findall(folded))
    return [_holds(folded, words, _folded(name)) for name in names]


def _holds(query: str, words: set[str], name: str) -> bool:
    if _UNSPACED.search(name):
        return name in query
    return any(word in words for word in _WORDS.findall(name) if len(word) > 1)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
