"""The entries of one answer, fetched once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.model.read import Fetched
    from memory_service.protocols import Reader


class Texts:
    """What was fetched for one query.

    A fetch costs mostly by being one, hardly by its size: read ahead what may be needed.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._found: dict[int, Fetched | None] = {}

    def read(self, ordinals: Iterable[int]) -> None:
        """Fetch those of *ordinals* that were not read yet, in one go."""
        missing = [each for each in dict.fromkeys(ordinals) if each not in self._found]
        if missing:
            fetched = self._reader.fetch(np.array(missing, dtype=np.int64))
            self._found.update(zip(missing, fetched, strict=True))

    def get(self, ordinal: int) -> Fetched | None:
        """An entry that was read; `None` for one that was not, or was gone by then."""
        return self._found.get(ordinal)
