"""Which passage of an entry answers a query, where words decide."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.model.entry import Span


def most_words(body: str, spans: Sequence[Span], words: Sequence[str], preferred: int) -> int:
    """The number of the span of *body* that holds most of *words*, as they are written.

    Case and width do not count; other forms of a word are not known here.  Ties go to
    *preferred*, then to the first; so does a text that holds none of them.
    """
    asked = [_folded(word) for word in words]
    held = [_held(_folded(body[span.start : span.stop]), asked) for span in spans]
    most = max(held, default=0)
    if most == 0 or (0 <= preferred < len(held) and held[preferred] == most):
        return preferred
    return held.index(most)


def _held(passage: str, words: Sequence[str]) -> int:
    return sum(word in passage for word in words)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
