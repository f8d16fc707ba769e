"""From text to the terms that are indexed, and from a query to the terms that are looked up.

1. NFKC (which folds full and half width), typographic apostrophes made plain, digits of every
   script made ASCII, characters without a meaning of their own (soft hyphen, joiners, direction
   marks, variation selectors) dropped.
2. Runs of letters and digits are words.  A run ends where writing without spaces begins or ends:
   `Python代码3个` is `Python`, `代码`, `3`, `个`.  An underscore separates.
3. Words: casefold, diacritics off Latin letters (of other scripts they are letters), at most 64
   characters (what follows is dropped), then the language's Snowball stem.
4. Han, kana and Hangul, and Thai, Lao, Khmer and Myanmar: overlapping pairs of characters (each
   with its marks).  Entries are indexed by the single characters as well, so that a query of one
   character finds it inside a longer run; a query asks by character only where one stands alone.

English keeps an apostrophe inside a word (`don't`, `o'clock`) and drops the possessive `'s`;
every other language separates there (`l'eau`, `Ankara'da`).  The language is the namespace's
setting; only the script is detected.
"""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

import regex
import Stemmer

from memory_service.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Part of a store's fingerprint: raise it whenever the same text would give other terms.
ANALYSER_VERSION = 1

_LONGEST_TERM = 64
_ENGLISH = frozenset({"english", "porter"})

_UNSPACED = (
    r"[[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\u30fc"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&[\p{L}\p{N}]]"
)
_CHARACTER = rf"{_UNSPACED}\p{{M}}*"
_SPACED = rf"[[\p{{L}}\p{{N}}]--{_UNSPACED}]"
_WORD = rf"{_SPACED}[[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}]*"

_RUNS = regex.compile(rf"(?V1)(?P<unspaced>(?:{_CHARACTER})++)|{_WORD}")
_ENGLISH_RUNS = regex.compile(rf"(?V1)(?P<unspaced>(?:{_CHARACTER})++)|{_WORD}(?:'{_WORD})*+")
_CHARACTERS = regex.compile(rf"(?V1){_CHARACTER}")

_LATIN_MARKS = regex.compile(r"(\p{Latin})\p{Mn}+")
_FOREIGN_DIGIT = regex.compile(r"(?V1)[\p{Nd}--[0-9]]")
_APOSTROPHES = regex.compile("[\u2018\u2019\u201b\u02bc]")
_IGNORED = regex.compile(
    "[\u00ad\u034f\u061c\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class AnalysedWord:
    """A word of a query as it was asked (after NFKC), and the term it is looked up by."""

    word: str
    term: str


class Analyser:
    """Cuts text into terms; deterministic and thread-safe.

    Args:
        language: A Snowball language in lower case, `english` if not given.

    Raises:
        InvalidInputError: If there is no stemmer for *language*.
    """

    def __init__(self, language: str = "english") -> None:
        if language not in Stemmer.algorithms():
            known = ", ".join(Stemmer.algorithms())
            detail = f"no stemmer for the language {language!r:.60}; known are: {known}"
            raise InvalidInputError(detail)
        self._language = language
        self._english = language in _ENGLISH
        self._runs = _ENGLISH_RUNS if self._english else _RUNS
        self._stop_words = frozenset(map(_fold, _read_stop_words(language)))
        self._per_thread = threading.local()

    def index_terms(self, text: str) -> list[str]:
        """The terms of *text* in order, with repeats; stop words are kept.

        Empty only when no letter and no digit is in it.
        """
        return self._stemmed([self._folded(piece) for piece in self._pieces(text, singly=True)])

    def query_terms(self, text: str) -> list[AnalysedWord]:
        """The words of a query in order, with repeats, without stop words.

        A query of nothing but stop words keeps them all.
        """
        words = [(piece, self._folded(piece)) for piece in self._pieces(text)]
        kept = [pair for pair in words if pair[1] not in self._stop_words] or words
        terms = self._stemmed([folded for _, folded in kept])
        return [AnalysedWord(word, term) for (word, _), term in zip(kept, terms, strict=True)]

    def _pieces(self, text: str, *, singly: bool = False) -> Iterator[str]:
        """Words and character pairs of the normalised text; with *singly* single characters too."""
        for run in self._runs.finditer(_normalised(text)):
            if run["unspaced"]:
                yield from _characters_and_pairs(run[0], singly=singly)
            else:
                yield run[0]

    def _folded(self, word: str) -> str:
        folded = _fold(word)
        return folded.removesuffix("'s") if self._english else folded

    def _stemmed(self, words: list[str]) -> list[str]:
        """Stem each; a word of which the stemmer would leave nothing stays as it is."""
        stems = self._stemmer().stemWords([word[:_LONGEST_TERM] for word in words])
        return [stem or word for stem, word in zip(stems, words, strict=True)]

    def _stemmer(self) -> Stemmer.Stemmer:
        """This thread's own: a stemmer must not be used by two threads at once."""
        try:
            return self._per_thread.stemmer
        except AttributeError:
            self._per_thread.stemmer = Stemmer.Stemmer(self._language)
            return self._per_thread.stemmer


def _normalised(text: str) -> str:
    if text.isascii():
        return text
    text = _IGNORED.sub("", unicodedata.normalize("NFKC", text))
    text = _APOSTROPHES.sub("'", text)
    return str(_FOREIGN_DIGIT.sub(_ascii_digit, text))


def _ascii_digit(found: regex.Match[str]) -> str:
    return str(unicodedata.digit(found[0], found[0]))


def _fold(word: str) -> str:
    """Casefold and take the diacritics off Latin letters."""
    if word.isascii():
        return word.lower()
    folded = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFKC", _LATIN_MARKS.sub(r"\1", folded))


def _characters_and_pairs(run: str, *, singly: bool) -> list[str]:
    characters = _CHARACTERS.findall(run)
    if len(characters) == 1:
        return [run]
    pairs = [first + second for first, second in pairwise(characters)]
    return [*characters, *pairs] if singly else pairs


def _read_stop_words(language: str) -> list[str]:
    """The words of the language's list, one a line; none for a language without a list."""
    name = "english" if language in _ENGLISH else language
    file = resources.files("memory_service.index") / "stop_words" / f"{name}.txt"
    return file.read_text(encoding="utf-8").split() if file.is_file() else []
