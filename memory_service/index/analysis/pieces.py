"""What a text comes apart into, before stemming."""

from __future__ import annotations

from typing import NamedTuple


class Piece(NamedTuple):
    """One thing that a text is indexed under, and that a query may ask for.

    A named tuple, since there is one for every word of every entry.

    Args:
        word: The words it comes from, as they are written.
        text: The word itself, or for an exact piece the term.
        exact: Whether `text` is the term already: it is neither folded nor stemmed.
        asked: Whether a query with these words asks for it; an entry is indexed under all.
    """

    word: str
    text: str
    exact: bool = False
    asked: bool = True
