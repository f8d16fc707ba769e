"""Normal forms of text, and where words begin and end.

1. NFKC (which folds full and half width), typographic apostrophes and hyphens made plain, digits
   of every script made ASCII, characters without a meaning of their own (soft hyphen, joiners,
   direction marks, variation selectors) dropped.  A narrow or unbreakable space between groups of
   digits becomes a comma: it is there to keep a number together.
2. Runs of letters and digits are words.  A run ends where writing without spaces begins or ends:
   `Python代码3个` is `Python`, `代码`, `3`, `个`.
3. Han, kana and Hangul, and Thai, Lao, Khmer and Myanmar are written without spaces: what is
   looked up are overlapping pairs of characters (each with its marks).
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from memory_service.index.analysis.pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSPACED = (
    r"[[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\u30fc"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&[\p{L}\p{N}]]"
)
_CHARACTER = rf"{_UNSPACED}\p{{M}}*"
_SPACED = rf"[[\p{{L}}\p{{N}}]--{_UNSPACED}]"

#: A run of characters that are written without spaces, for `regex` in version 1.
UNSPACED_RUN = rf"(?:{_CHARACTER})++"
#: A word in a script with spaces, for `regex` in version 1.
WORD = rf"{_SPACED}[[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}]*"

#: The same where a text is in ASCII, for `re`.
ASCII_WORD = "[0-9A-Za-z]++"

_CHARACTERS = regex.compile(rf"(?V1){_CHARACTER}")
_LATIN_MARKS = regex.compile(r"(\p{Latin})\p{Mn}+")
_FOREIGN_DIGIT = regex.compile(r"(?V1)[\p{Nd}--[0-9]]")
_APOSTROPHES = regex.compile("[\u2018\u2019\u201b\u02bc]")
_HYPHENS = regex.compile("[\u2010\u2011]")
_SPACE_IN_NUMBER = regex.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_IGNORED = regex.compile(
    "[\u00ad\u034f\u061c\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)


def normalised(text: str) -> str:
    """*text* in the one spelling that all that follows works on; case is kept."""
    if text.isascii():
        return text
    text = _SPACE_IN_NUMBER.sub(",", text)
    text = _IGNORED.sub("", unicodedata.normalize("NFKC", text))
    text = _HYPHENS.sub("-", _APOSTROPHES.sub("'", text))
    return str(_FOREIGN_DIGIT.sub(_ascii_digit, text))


def _ascii_digit(found: regex.Match[str]) -> str:
    return str(unicodedata.digit(found[0], found[0]))


def fold(word: str) -> str:
    """Casefold and take the diacritics off Latin letters; of other scripts they are letters."""
    if word.isascii():
        return word.lower()
    folded = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFKC", _LATIN_MARKS.sub(r"\1", folded))


def starts_unspaced(run: str) -> bool:
    """Whether a run is written without spaces, which its first character tells."""
    return not run[0].isascii() and _CHARACTERS.match(run) is not None


def unspaced_pieces(run: str) -> Iterator[Piece]:
    """Pairs of characters, and the single ones, so that a query of one finds it in a longer run.

    A query asks by character only where one stands alone.
    """
    characters = _CHARACTERS.findall(run)
    if len(characters) == 1:
        yield Piece(run, run)
        return
    for character in characters:
        yield Piece(character, character, asked=False)
    for first, second in pairwise(characters):
        yield Piece(first + second, first + second)
