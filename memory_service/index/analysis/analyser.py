"""From text to the terms that are indexed, and from a query to the terms that are looked up.

1. `writing`: the text in one spelling; writing without spaces in pairs of characters.
2. `figures`: dates and grouped numbers, under one term however they are spelled.
3. `identifiers`: names of programs, paths, versions and codes, whole and in parts.
4. Every other word: casefold, diacritics off Latin letters, at most 64 characters (what follows
   is dropped), then the language's Snowball stem.

English keeps an apostrophe inside a word (`don't`, `o'clock`) and drops the possessive `'s`;
every other language separates there (`l'eau`, `Ankara'da`).  The language is the namespace's
setting; only the script is detected.

What comes in several terms counts as often in a BM25 score, and in the length of an entry, as it
has terms.  That was measured and is meant: `docs/adr/0013`.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import regex
import Stemmer

from memory_service.errors import InvalidInputError
from memory_service.index.analysis.figures import Figure, figures
from memory_service.index.analysis.identifiers import is_plain, name_pattern, name_pieces
from memory_service.index.analysis.pieces import Piece
from memory_service.index.analysis.writing import (
    ASCII_WORD,
    UNSPACED_RUN,
    WORD,
    fold,
    normalised,
    starts_unspaced,
    unspaced_pieces,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Part of a store's fingerprint: raise it whenever the same text would give other terms.
ANALYSER_VERSION = 2

_LONGEST_TERM = 64
#: Stems that are kept at hand, of some 150 bytes each.
_MOST_STEMS = 30_000
_ENGLISH = frozenset({"english", "porter"})


def _runs(word: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?V1){UNSPACED_RUN}|{name_pattern(word)}")


_RUNS = _runs(WORD)
_ENGLISH_RUNS = _runs(rf"{WORD}(?:'{WORD})*+")
# The same of texts in ASCII alone, for a simpler and faster machine.
_ASCII_RUNS = re.compile(name_pattern(ASCII_WORD))
_ENGLISH_ASCII_RUNS = re.compile(name_pattern(rf"{ASCII_WORD}(?:'{ASCII_WORD})*+"))


@dataclass(frozen=True, slots=True)
class AnalysedWord:
    """A word of a query as it was asked (after NFKC), and a term it is looked up by."""

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
        self._ascii_runs = _ENGLISH_ASCII_RUNS if self._english else _ASCII_RUNS
        self._stop_words = frozenset(map(fold, _read_stop_words(language)))
        self._per_thread = threading.local()
        self._stems: dict[str, str] = {}

    def index_terms(self, text: str) -> list[str]:
        """The terms of *text* in order, with repeats; stop words are kept.

        Empty only when no letter and no digit is in it.
        """
        words, exact = self._index_words(normalised(text))
        terms = self._stemmed(words, exact)
        return _without_twins(terms, exact) if exact else terms

    def query_terms(self, text: str) -> list[AnalysedWord]:
        """The words of a query in order, with repeats, without stop words.

        A word that is looked up by several terms comes once for each; all are among the
        `index_terms` of the same text.  A query of nothing but stop words keeps them all.
        """
        asked = [piece for piece in self._pieces(text) if piece.asked]
        folded = [self._folded(piece) for piece in asked]
        kept = [
            place
            for place, piece in enumerate(asked)
            if not self._says_nothing(piece, folded[place])
        ] or range(len(asked))
        exact = {at for at, place in enumerate(kept) if asked[place].exact}
        terms = self._stemmed([folded[place] for place in kept], exact)
        return [
            AnalysedWord(asked[place].word, term) for place, term in zip(kept, terms, strict=True)
        ]

    def _index_words(self, text: str) -> tuple[list[str], set[int]]:
        """The folded words of a normalised text, and which of them are terms already."""
        words: list[str] = []
        exact: set[int] = set()
        for stretch in self._stretches(text):
            # Nearly all are plain, and need no piece.
            if isinstance(stretch, str) and stretch.isascii() and is_plain(stretch):
                words.append(stretch.lower())
                continue
            for piece in _pieces_of(stretch):
                if piece.exact:
                    exact.add(len(words))
                words.append(self._folded(piece))
        return words, exact

    def _pieces(self, text: str) -> Iterator[Piece]:
        for stretch in self._stretches(normalised(text)):
            yield from _pieces_of(stretch)

    def _stretches(self, text: str) -> list[str | Figure]:
        """What hangs together in a normalised text: figures, and runs of characters."""
        runs = self._ascii_runs if text.isascii() else self._runs
        found: list[str | Figure] = []
        start = 0
        for figure in figures(text):
            found += runs.findall(text, start, figure.start)
            found.append(figure)
            start = figure.stop
        return found + runs.findall(text, start)

    def _folded(self, piece: Piece) -> str:
        if piece.exact:
            return piece.text
        folded = fold(piece.text)
        return folded.removesuffix("'s") if self._english else folded

    def _says_nothing(self, piece: Piece, folded: str) -> bool:
        """Whether it is a stop word, or a pair of them (`and/or`)."""
        if piece.exact and "/" not in folded:
            return False
        return all(word in self._stop_words for word in folded.split("/"))

    def _stemmed(self, words: list[str], exact: set[int]) -> list[str]:
        """Stem each but the exact ones; one of which nothing would be left stays as it is."""
        words = [word[:_LONGEST_TERM] for word in words]
        stems = self._stems
        if unknown := [word for word in words if word not in stems]:
            if len(stems) > _MOST_STEMS:
                stems, unknown = {}, words
                self._stems = stems
            stems.update(zip(unknown, self._stemmer().stemWords(unknown), strict=True))
        terms = [stems[word] or word for word in words]
        for place in exact:
            terms[place] = words[place]
        return terms

    def _stemmer(self) -> Stemmer.Stemmer:
        """This thread's own: a stemmer must not be used by two threads at once."""
        try:
            return self._per_thread.stemmer
        except AttributeError:
            self._per_thread.stemmer = Stemmer.Stemmer(self._language, 0)
            return self._per_thread.stemmer


def _pieces_of(stretch: str | Figure) -> Iterable[Piece]:
    """The pieces of what hangs together."""
    if isinstance(stretch, Figure):
        return stretch.pieces
    if starts_unspaced(stretch):
        return unspaced_pieces(stretch)
    return (Piece(stretch, stretch),) if is_plain(stretch) else name_pieces(stretch)


def _without_twins(terms: list[str], exact: set[int]) -> list[str]:
    """A word in capitals whose stem is the whole that stands just before it counts once."""
    return [
        term
        for place, term in enumerate(terms)
        if place in exact or place - 1 not in exact or term != terms[place - 1]
    ]


def _read_stop_words(language: str) -> list[str]:
    """The words of the language's list, one a line; none for a language without a list."""
    name = "english" if language in _ENGLISH else language
    file = resources.files("memory_service.index.analysis") / "stop_words" / f"{name}.txt"
    return file.read_text(encoding="utf-8").split() if file.is_file() else []
