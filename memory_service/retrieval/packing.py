"""How many hits fit into the caller's tokens."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The estimator's name, as answers give it: bytes of UTF-8 over four, rounded up.
TOKEN_ESTIMATOR = "utf8/4"  # noqa: S105  # not a secret


def estimate_tokens(text: str) -> int:
    """About how many tokens *text* costs in a prompt; 0 for an empty one."""
    return -(-len(text.encode()) // 4)


def fitting(tokens: Sequence[int], budget: int | None) -> int:
    """How many of the leading hits fit *budget* together.

    The first that does not fit ends the answer; no later, smaller one takes its place.  A
    budget overrules every minimum.  `None` fits all.
    """
    if budget is None:
        return len(tokens)
    return sum(total <= budget for total in accumulate(tokens))
