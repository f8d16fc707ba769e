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
    from collections.abc import Mapping, Sequence
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
#: What is between words or around them, and what articles are made of.
_NO_LETTERS = "".join(
    {*_OPENING, *_CLOSING, *"athen", *filter(str.isspace, map(chr, range(0x3001)))}
)
_NO_LETTERS_TABLE = str.maketrans("", "", _NO_LETTERS)
_ASCII_NO_LETTERS = bytes(ord(char) for char in _NO_LETTERS if char.isascii())
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
    """An entry's text and words, evenly spelt."""

    entry: Entry
    text: str
    words: tuple[str, ...]
    distinct: frozenset[str]


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
    spelt = [_spelt(entry) for entry in entries]
    candid = _candid(spelt, vectors)
    said = {
        place: _said(entries[place], spelt[place])
        for place in np.flatnonzero(candid.any(axis=0)).tolist()
    }
    members: dict[int, list[int]] = {}
    for place in _newest_first(entries):
        heads = (
            head
            for head in members
            if candid[head, place] and _says_all(said, head, place, vectors)
        )
        members.setdefault(next(heads, place), []).append(place)
    groups = [
        Group(shown=head, best=min(places), folded=tuple(places[1:]))
        for head, places in members.items()
    ]
    return sorted(groups, key=lambda group: group.best)


def suspects(vectors: Vectors, leading: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows may say the same as one of the *leading* rows, for `fold` to judge.

    Args:
        vectors: As for `fold`, of all candidates.
        leading: The rows that are judged anyway.
    """
    # Not `@`: BLAS would spread a product this small over every core, and wait for them.
    likeness = np.vecdot(vectors[:, None], vectors[None, leading])
    close: npt.NDArray[np.bool_] = (likeness >= LIKENESS).any(axis=1)
    return close


def _newest_first(entries: Sequence[Entry]) -> list[int]:
    def age(place: int) -> tuple[float, int]:
        return entries[place].updated_at.timestamp(), entries[place].ordinal

    return sorted(range(len(entries)), key=age, reverse=True)


def _candid(spelt: Sequence[str], vectors: Vectors) -> npt.NDArray[np.bool_]:
    """Which pairs are worth reading word by word: those that are close, or of the same letters.

    The same words have the same letters, articles aside; most pairs have neither.
    """
    # Not `@`, see `suspects`.
    close = np.vecdot(vectors[:, None], vectors[None, :]) >= LIKENESS
    letters = np.array([_letters(text) for text in spelt], dtype=object)
    candid: npt.NDArray[np.bool_] = close | (letters[:, None] == letters[None, :])
    np.fill_diagonal(candid, val=False)
    return candid


def _letters(text: str) -> str:
    """All but what is between words, around them or in articles; bytes are far cheaper to cut."""
    if text.isascii():
        return text.encode().translate(None, _ASCII_NO_LETTERS).decode()
    return text.translate(_NO_LETTERS_TABLE)


def _says_all(said: Mapping[int, _Said], newer: int, older: int, vectors: Vectors) -> bool:
    """Whether the newer says what the older says."""
    one, other = said[newer], said[older]
    if not other.distinct <= one.distinct or _differ(one, other):
        return False
    if one.words == other.words:
        return True
    return _in_order(other.words, one.words) and _cosine(vectors, newer, older) >= LIKENESS


def _differ(one: _Said, other: _Said) -> bool:
    """Whether something sets them apart, whatever words they share."""
    if _place(one.entry) != _place(other.entry) or _marks(one.words) != _marks(other.words):
        return True
    of_the_day = _OF_THE_DAY.search(one.text) or _OF_THE_DAY.search(other.text)
    return of_the_day is not None and _day(one.entry) != _day(other.entry)


def _place(entry: Entry) -> tuple[str | None, str | None, bool]:
    """By whom, where and how it is said."""
    draft = entry.draft
    speaker = draft.speaker.casefold() if draft.speaker else None
    return speaker, draft.scope, asks(draft.text)


def _day(entry: Entry) -> date | None:
    return entry.draft.event_time.date() if entry.draft.event_time else None


def _in_order(words: tuple[str, ...], text: tuple[str, ...]) -> bool:
    """Whether *text* holds *words* in their order, others between them or not."""
    rest = iter(text)
    return all(word in rest for word in words)


def _cosine(vectors: Vectors, one: int, other: int) -> float:
    return float(np.vecdot(vectors[one], vectors[other]))


def _spelt(entry: Entry) -> str:
    """The text in the one spelling that is compared."""
    text = entry.draft.text
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    return text.casefold()


def _said(entry: Entry, text: str) -> _Said:
    words = _words(text)
    return _Said(entry=entry, text=text, words=words, distinct=frozenset(words))


def _words(text: str) -> tuple[str, ...]:
    spaced = text if text.isascii() else _IDEOGRAPH.sub(r" \g<0> ", text)
    bare = [word.rstrip(_CLOSING).lstrip(_OPENING) for word in spaced.split()]
    words = tuple([word for word in bare if word and word not in _ARTICLES])
    return words or (text,)


def _marks(words: tuple[str, ...]) -> list[str]:
    """The words of which one more says something else: numbers and negations."""
    return [
        word
        for word in words
        if word in _NEGATIONS or word.endswith("n't") or any(char.isdigit() for char in word)
    ]
