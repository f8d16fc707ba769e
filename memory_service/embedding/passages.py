"""Cuts a text that is longer than a model's window into overlapping passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.model.entry import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Neighbouring passages share this part of what a passage holds.
OVERLAP = 1 / 8


def cut_passages(body: str, tokens: Sequence[tuple[int, int]], *, room: int) -> list[Span]:
    """Spans of at most *room* tokens each that cover *body* in order.

    Neighbours overlap by about an eighth.  A passage starts and ends at a word's start where
    one is near enough, else between two tokens.  A body that fits gives one span over all of
    it, as does one without tokens.

    Args:
        body: The text to cut.
        tokens: Start and end of every token of *body*, in characters, in order.
        room: The most tokens of one passage, at least 1.
    """
    starts = [start for start, _ in tokens]
    spans: list[Span] = []
    first = 0
    while first + room < len(starts):
        last = _word_start(body, starts, first + room, down_to=first + (room + 1) // 2)
        spans.append(Span(start=starts[first] if first else 0, stop=starts[last]))
        first = _step_back(body, starts, first, last)
    spans.append(Span(start=starts[first] if first else 0, stop=len(body)))
    return spans


def _step_back(body: str, starts: Sequence[int], first: int, last: int) -> int:
    """Where the next passage starts: an eighth before the cut, and always past *first*."""
    target = last - int((last - first) * OVERLAP)
    found = _word_start(body, starts, target, down_to=target - (last - first) // 8)
    return max(first + 1, found)


def _word_start(body: str, starts: Sequence[int], token: int, *, down_to: int) -> int:
    """The last token at or before *token* that starts a word; *token* if none is near."""
    for candidate in range(token, max(down_to, 1) - 1, -1):
        start = starts[candidate]
        if body[start].isspace() or body[start - 1].isspace():
            return candidate
    return token
