"""Which texts of a call go through the model together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Most tokens of a pass, filling included: more gained nothing, and takes more memory.
PASS_TOKENS = 512
#: Fewer tokens than these are not worth a pass of their own.
_LEAST = 48


def plan_passes(lengths: Sequence[int], *, lanes: int) -> list[list[int]]:
    """The numbers of all texts, each in one pass, the most expensive pass first.

    Texts of a pass are of like length, so that little is filled up.  Where there are too few for
    full passes, the passes are made smaller, so that every lane has something to do.

    Args:
        lengths: How many tokens each text has.
        lanes: How many passes can go side by side, at least 1.
    """
    share = -(-sum(lengths) // lanes)
    most = min(PASS_TOKENS, max(_LEAST, share))
    passes: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda one: -lengths[one]):
        # The first text of a pass is its longest.
        if passes and (len(passes[-1]) + 1) * lengths[passes[-1][0]] <= most:
            passes[-1].append(number)
        else:
            passes.append([number])
    return passes
