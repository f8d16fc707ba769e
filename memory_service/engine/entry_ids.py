"""The ids of a query's candidates, looked up when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from memory_service.model.read import Ordinals
    from memory_service.protocols import Reader


class EntryIds(Sequence[str]):
    """The ids of *ordinals* in their order; a ranking without ties needs none."""

    def __init__(self, reader: Reader, ordinals: Ordinals) -> None:
        self._reader = reader
        self._ordinals = ordinals

    @cached_property
    def _found(self) -> list[str]:
        return self._reader.ids(self._ordinals)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        return self._found[place]

    def __len__(self) -> int:
        return len(self._ordinals)
