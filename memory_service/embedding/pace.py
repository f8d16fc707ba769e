"""How many texts of an import go into one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: While questions come in, a pass of an import takes about so long at most: that is how long a
#: question may have to wait for it.
SLICE_SECONDS = 0.030
#: Otherwise so long: more gains an import nothing, and the first question may have to wait for it.
FULL_SECONDS = 0.250
#: Questions count as coming in for so long after one.
LIVELY_SECONDS = 1.0
#: The newest pass's share in what is believed of the next.
_NEWEST = 0.3


class Pace:
    """Measures how fast passes are, and says how much fits into the time that one may take.

    Speed is in characters, which need no tokenizer: texts of one import are alike.  Of a model
    that was not measured yet, one text is a slice.  Called by one thread, but for `asked`.

    Args:
        timer: Seconds that only grow.
        most: The most texts of a pass, whatever they cost.
    """

    def __init__(self, timer: Callable[[], float], *, most: int) -> None:
        self._timer = timer
        self._most = most
        self._seconds_per_character = 0.0
        self._asked = float("-inf")

    def asked(self) -> None:
        """Note that a question came in."""
        self._asked = self._timer()

    def measured(self, texts: Sequence[str], seconds: float) -> None:
        """Note how long a pass took."""
        newest = seconds / max(1, sum(map(len, texts)))
        known = self._seconds_per_character or newest
        self._seconds_per_character = known + _NEWEST * (newest - known)

    def slice(self, texts: Sequence[str]) -> int:
        """How many of the texts, from the first, go into the next pass; at least one."""
        lively = self._timer() - self._asked < LIVELY_SECONDS
        if not self._seconds_per_character:
            return 1
        left = (SLICE_SECONDS if lively else FULL_SECONDS) / self._seconds_per_character
        for count, text in enumerate(texts[: self._most]):
            left -= len(text)
            if left < 0:
                return max(1, count)
        return min(len(texts), self._most)
