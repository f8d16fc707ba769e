"""Whose vectors a store keeps: those of the model that serves, and of one that is to serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from memory_service.model.write import Passage


def _nothing(_ordinal: int) -> bool:
    return False


class Spaces:
    """By `EmbedderIdentity.space`; set by the writer's thread, which alone decides by it.

    `wants` says whether an entry still waits for its vectors of the model that is to serve.
    """

    def __init__(self) -> None:
        self.serving = ""
        self.coming = ""
        self.wants: Callable[[int], bool] = _nothing

    def gather(self, coming: str, wants: Callable[[int], bool]) -> None:
        """Keep the vectors of a model that is to serve, too."""
        self.coming, self.wants = coming, wants

    def gather_no_more(self) -> None:
        """Keep those of the model that serves alone."""
        self.coming, self.wants = "", _nothing

    def of_serving(self, passages: Iterable[Passage] | None) -> tuple[Passage, ...]:
        """Those of these that the model that serves made."""
        return tuple(one for one in passages or () if one.space in ("", self.serving))

    def of_coming(self, passages: Iterable[Passage] | None) -> tuple[Passage, ...]:
        """Those of these that the model to come made."""
        return tuple(one for one in passages or () if one.space and one.space == self.coming)
