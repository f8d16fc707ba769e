"""Folding entries that say the same into the newest of them.

A high cosine alone does not mean the same: under a small model "before the deadline" and "after
the deadline" lie at 0.98, "Tom owes Mary" and "Mary owes Tom" at 0.99, above most paraphrases.  So
an entry is folded only into a newer one that says every word it says, in the same order.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.model.asking import asks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from memory_service.model.entry import Entry
    from memory_service.protocols import Vectors

#: From this cosine on, two entries may say the same.
LIKENESS = 0.95

#: As NFKC leaves them, with curly apostrophes made straight.
_OPENING = "\"'([{“「『《*_`"
_CLOSING = "\"')]}”」』》*_`.,;:!?。、"
_STRAIGHT = str.maketrans("\u2018\u2019", "''")
_ARTICLES = frozenset(("a", "an", "the"))
#: Chinese, Japanese and Korean characters are words of their own here.
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NEGATIONS = frozenset(
    """no not none never nobody nothing nowhere neither nor without cannot hardly barely
    不 没 沒 无 無 非 未 别 別 勿""".split()  # noqa: SIM905  # one line each as a list
)
#: Words whose meaning depends on the day they were said.
_OF_THE_DAY = re.compile(
    r"\b(today|tonight|tomorrow|yesterday|ago|recently|lately|soon|later|earlier"
    r"|(this|last|next|past|coming|previous) \w+"
    r"|(mon|tues|wednes|thurs|fri|satur|sun)days?)\b"
    "|[今明昨前后後][天日晚年]|[上下这這本][个個]?[周月星礼禮年]|星期|周[一二三四五六日末]|刚才|剛才|最近"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Entries that say the same, as places in the sequence given.

    `shown` is the newest, `best` the first, `folded` the others, newest first.
    """

    shown: int
    best: int
    folded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What an entry says: its words, and what must not differ."""

    words: tuple[str, ...]
    distinct: frozenset[str]
    alike: tuple[object, ...]
    of_the_day: bool
    day: date | None


def fold(entries: Sequence[Entry], vectors: Vectors) -> list[Group]:
    """Group entries that say the same.

    Two say the same when speaker and scope are the same and so are the words, case,
    punctuation and articles aside.  Or when their cosine is 0.95 at least and the newer says
    every word of the older in its order, with no other number and no other negation.  A
    question never says what a statement says, and "yesterday", said of different days, is not
    the same.  Each folded entry says what the shown one says, not merely what another folded
    one does.

    Args:
        entries: As ranked, best first.
        vectors: Of the same, unit length; a row of NaN, or of length 0, for one without: it
            says the same only in the same words.

    Returns:
        The groups by their first entry; each entry is in one.  Which they are does not depend on
        the order of *entries*; the newest is the one written last, by ordinal among equals.
    """
    said = [_said(entry) for entry in entries]
    members: dict[int, list[int]] = {}
    for place in _newest_first(entries):
        heads = (head for head in members if _says_all(said, head, place, vectors))
        members.setdefault(next(heads, place), []).append(place)
    groups = [
        Group(shown=head, best=min(places), folded=tuple(places[1:]))
        for head, places in members.items()
    ]
    return sorted(groups, key=lambda group: group.best)


def suspects(vectors: Vectors, window: int) -> npt.NDArray[np.int64]:
    """Places from *window* on that may say the same as one before it, for `fold` to judge.

    Args:
        vectors: As for `fold`, of all candidates in their order.
        window: How many leading ones are judged anyway.
    """
    # Not `@`: BLAS would spread a product this small over every core, and wait for them.
    likeness = np.vecdot(vectors[:window, None], vectors[None, window:])
    return window + np.flatnonzero((likeness >= LIKENESS).any(axis=0))


def _newest_first(entries: Sequence[Entry]) -> list[int]:
    def age(place: int) -> tuple[float, int]:
        return entries[place].updated_at.timestamp(), entries[place].ordinal

    return sorted(range(len(entries)), key=age, reverse=True)


def _says_all(said: Sequence[_Said], newer: int, older: int, vectors: Vectors) -> bool:
    """Whether the newer says what the older says."""
    one, other = said[newer], said[older]
    if one.alike != other.alike or not other.distinct <= one.distinct:
        return False
    if (one.of_the_day or other.of_the_day) and one.day != other.day:
        return False
    if one.words == other.words:
        return True
    return _in_order(other.words, one.words) and _cosine(vectors, newer, older) >= LIKENESS


def _in_order(words: tuple[str, ...], text: tuple[str, ...]) -> bool:
    """Whether *text* holds *words* in their order, others between them or not."""
    rest = iter(text)
    return all(word in rest for word in words)


def _cosine(vectors: Vectors, one: int, other: int) -> float:
    return float(np.vecdot(vectors[one], vectors[other]))


def _said(entry: Entry) -> _Said:
    draft = entry.draft
    text = unicodedata.normalize("NFKC", draft.text).casefold().translate(_STRAIGHT)
    words = _words(text)
    speaker = draft.speaker.casefold() if draft.speaker else None
    return _Said(
        words=words,
        distinct=frozenset(words),
        alike=(speaker, draft.scope, asks(draft.text), tuple(filter(_marks, words))),
        of_the_day=_OF_THE_DAY.search(text) is not None,
        day=draft.event_time.date() if draft.event_time else None,
    )


def _words(text: str) -> tuple[str, ...]:
    spaced = _IDEOGRAPH.sub(r" \g<0> ", text)
    bare = (word.rstrip(_CLOSING).lstrip(_OPENING) for word in spaced.split())
    words = tuple(word for word in bare if word and word not in _ARTICLES)
    return words or (text,)


def _marks(word: str) -> bool:
    """Whether a word more of this kind says something else: a number, a negation."""
    return word in _NEGATIONS or word.endswith("n't") or any(char.isdigit() for char in word)
