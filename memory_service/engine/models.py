"""The model that serves and, at times, the one that is to: what is remembered gets both vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memory_service.engine.model_use import ModelUse
    from memory_service.model.entry import ContextualKey
    from memory_service.model.write import Passage


class Models:
    """Makes passages for writes; thread-safe."""

    def __init__(self, serving: ModelUse) -> None:
        self._serving = serving
        self.coming: ModelUse | None = None

    @property
    def present(self) -> bool:
        """Whether there is a model that serves, working or not."""
        return self._serving.present

    def passages(self, keys: Sequence[ContextualKey]) -> list[tuple[Passage, ...]]:
        """The passages of each key, in order, of both models.

        Those of a model to come that fails are left out: they are made later.

        Raises:
            UnavailableError: If the model that serves cannot be run now.
        """
        made, coming = self._serving.passages(keys), self.coming
        if coming is None:
            return made
        try:
            others = coming.passages(keys)
        except UnavailableError:
            return made
        return [(*one, *other) for one, other in zip(made, others, strict=True)]
