"""Cuts a text that is longer than a model's window into overlapping passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.model.entry import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Neighbouring passages share this part of what a passage holds.
OVERLAP = 1 / 8


def cut_passages(
    body: str, tokens: Sequence[tuple[int, int]], *, window: int, reserved: int
) -> list[Span]:
    """Spans of at most `window - reserved` tokens each that cover *body* in order.

    Neighbours overlap by about an eighth.  A cut falls at whitespace where the second half of a
    passage has any, else between two tokens.  A body that fits gives one span over all of it,
    as does one without tokens.

    Args:
        body: The text to cut.
        tokens: Start and end of every token of *body*, in characters, in order.
        window: The most tokens of one text.
        reserved: Tokens that every passage needs beside the body's.  No more than half the
            window is set aside, so that a passage always says something of the body.
    """
    room = max(1, window - min(reserved, window // 2))
    starts = [start for start, _ in tokens]
    spans: list[Span] = []
    first = 0
    while first + room < len(starts):
        last = _cut_at_whitespace(body, starts, first, first + room)
        spans.append(Span(start=starts[first] if first else 0, stop=starts[last]))
        first = _step_back(first, last)
    spans.append(Span(start=starts[first] if first else 0, stop=len(body)))
    return spans


def _cut_at_whitespace(body: str, starts: Sequence[int], first: int, last: int) -> int:
    """The token before which to cut: the last at a word's start, no earlier than half-way."""
    for token in range(last, first + (last - first + 1) // 2, -1):
        if body[starts[token] - 1].isspace():
            return token
    return last


def _step_back(first: int, last: int) -> int:
    """Where the next passage starts: an eighth before the cut, and always past *first*."""
    return max(first + 1, last - max(1, int((last - first) * OVERLAP)))
