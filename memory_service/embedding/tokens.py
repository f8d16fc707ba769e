"""A model's tokens, from its `tokenizer.json`; the only importer of tokenizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from memory_service.embedding.passages import cut_passages
from memory_service.errors import ModelRefusedError
from memory_service.model.entry import Span

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tokens:
    """Encodes texts and cuts long ones; thread-safe.

    Args:
        definition: What is in a `tokenizer.json`.
        window: The most tokens of one text, special tokens included.

    Raises:
        ModelRefusedError: If that is no tokenizer.
    """

    def __init__(self, definition: str, *, window: int) -> None:
        # One that cuts and one that does not: setting that for a call would disturb other threads.
        self._whole = _tokenizer(definition)
        self._cutting = _tokenizer(definition)
        self._cutting.enable_truncation(window)
        self._window = window
        self._specials = int(self._whole.num_special_tokens_to_add(is_pair=False))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The token numbers of each text, special tokens included, cut to the window."""
        if len(texts) == 1:  # spares a library's threads, which a short text does not pay for
            return [self._cutting.encode(texts[0]).ids]
        return [encoding.ids for encoding in self._cutting.encode_batch_fast(list(texts))]

    def count(self, text: str) -> int:
        """How many tokens the whole text has, special tokens included."""
        return len(self._whole.encode(text).ids)

    def windows(self, header: str, body: str) -> list[Span]:
        """Overlapping spans of *body*, each of which fits the window together with *header*.

        A header longer than half the window counts as half: what is then too much is cut by
        `encode`.
        """
        if self._surely_fits(header, body):
            return [Span(start=0, stop=len(body))]
        tokens = self._offsets(body)
        reserved = self._specials + len(self._offsets(header))
        room = self._window - min(reserved, self._window // 2)
        asked = room
        while True:
            spans = cut_passages(body, tokens, room=asked)
            if asked == 1 or all(self._fits(body[s.start : s.stop], room) for s in spans):
                return spans
            # A word cut in two may need more tokens than it had whole.
            asked = max(1, asked - max(1, room // 16))

    def _surely_fits(self, header: str, body: str) -> bool:
        """Whether counting can be spared: an ASCII character is never more than one token."""
        characters = len(header) + len(body)
        limit = self._window - self._specials - 1
        return characters <= limit and header.isascii() and body.isascii()

    def _fits(self, text: str, room: int) -> bool:
        return (len(text) < room and text.isascii()) or len(self._offsets(text)) <= room

    def _offsets(self, text: str) -> list[tuple[int, int]]:
        return self._whole.encode(text, add_special_tokens=False).offsets


def _tokenizer(definition: str) -> Tokenizer:
    try:
        made = Tokenizer.from_str(definition)
    except Exception as error:  # the library raises nothing narrower
        raise ModelRefusedError(
            f"the model's tokenizer.json cannot be read ({type(error).__name__}); "
            "place the model anew"
        ) from error
    made.no_truncation()
    made.no_padding()
    return made
