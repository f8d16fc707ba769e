"""What making entries and namespaces needs from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from memory_service.store.spaces import Spaces

if TYPE_CHECKING:
    from collections.abc import Callable


class Analysing(Protocol):
    """Cuts a text into terms."""

    def index_terms(self, text: str) -> list[str]:
        """The terms in order, with repeats."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Analysers by language, and randomness.

    Args:
        analyser: Raises `InvalidInputError` for a language it does not know.
        default_language: Of a namespace that is made without settings.
        token: Random bytes, as many as asked for.
        spaces: Whose vectors are kept.
    """

    analyser: Callable[[str], Analysing]
    default_language: str
    token: Callable[[int], bytes]
    spaces: Spaces = field(default_factory=Spaces)
