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

import threading
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import regex
import Stemmer

from memory_service.errors import InvalidInputError
from memory_service.index.figures import figures
from memory_service.index.identifiers import is_plain, name_pattern, name_pieces
from memory_service.index.pieces import Piece
from memory_service.index.writing import UNSPACED_RUN, WORD, fold, normalised, unspaced_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Part of a store's fingerprint: raise it whenever the same text would give other terms.
ANALYSER_VERSION = 2

_LONGEST_TERM = 64
_ENGLISH = frozenset({"english", "porter"})


def _runs(word: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?V1)(?P<unspaced>{UNSPACED_RUN})|{name_pattern(word)}")


_RUNS = _runs(WORD)
_ENGLISH_RUNS = _runs(rf"{WORD}(?:'{WORD})*+")


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
        self._stop_words = frozenset(map(fold, _read_stop_words(language)))
        self._per_thread = threading.local()

    def index_terms(self, text: str) -> list[str]:
        """The terms of *text* in order, with repeats; stop words are kept.

        Empty only when no letter and no digit is in it.
        """
        pieces = list(self._pieces(text))
        terms = self._terms(pieces, [self._folded(piece) for piece in pieces])
        return _without_twins(pieces, terms)

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
        terms = self._terms([asked[place] for place in kept], [folded[place] for place in kept])
        return [
            AnalysedWord(asked[place].word, term) for place, term in zip(kept, terms, strict=True)
        ]

    def _pieces(self, text: str) -> Iterator[Piece]:
        text, start = normalised(text), 0
        for figure in figures(text):
            yield from self._words(text, start, figure.start)
            yield from figure.pieces
            start = figure.stop
        yield from self._words(text, start, len(text))

    def _words(self, text: str, start: int, stop: int) -> Iterator[Piece]:
        for run in self._runs.finditer(text, start, stop):
            if run["unspaced"]:
                yield from unspaced_pieces(run[0])
            elif is_plain(run[0]):
                yield Piece(run[0], run[0])
            else:
                yield from name_pieces(run[0])

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

    def _terms(self, pieces: list[Piece], folded: list[str]) -> list[str]:
        """Stem each but the exact ones; one of which nothing would be left stays as it is."""
        words = [word[:_LONGEST_TERM] for word in folded]
        stems = self._stemmer().stemWords(words)
        return [
            word if piece.exact else stem or word
            for piece, stem, word in zip(pieces, stems, words, strict=True)
        ]

    def _stemmer(self) -> Stemmer.Stemmer:
        """This thread's own: a stemmer must not be used by two threads at once."""
        try:
            return self._per_thread.stemmer
        except AttributeError:
            self._per_thread.stemmer = Stemmer.Stemmer(self._language)
            return self._per_thread.stemmer


def _without_twins(pieces: list[Piece], terms: list[str]) -> list[str]:
    """A word in capitals whose stem is the whole that stands just before it counts once."""
    kept: list[str] = []
    after_whole = False
    for piece, term in zip(pieces, terms, strict=True):
        if piece.exact or not after_whole or term != kept[-1]:
            kept.append(term)
        after_whole = piece.exact
    return kept


def _read_stop_words(language: str) -> list[str]:
    """The words of the language's list, one a line; none for a language without a list."""
    name = "english" if language in _ENGLISH else language
    file = resources.files("memory_service.index") / "stop_words" / f"{name}.txt"
    return file.read_text(encoding="utf-8").split() if file.is_file() else []
