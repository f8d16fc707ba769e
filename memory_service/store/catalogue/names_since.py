"""The names of one namespace by number, those that came since it was sealed included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.store.catalogue.row import NONE

if TYPE_CHECKING:
    from memory_service.store.catalogue.texts import Names


class NamesSince:
    """Sealed names, and behind them those of the namespace that came since.

    The writer asks for numbers, readers for names.
    """

    __slots__ = ("_known", "_names", "_sealed", "number")

    def __init__(self, sealed: Names, number: int) -> None:
        self._sealed = sealed
        self.number = number
        self._names: list[str] = []
        self._known: dict[str, int] = {}

    @property
    def since(self) -> list[str]:
        """The names that came since, from the number `len(sealed)` on."""
        return self._names

    def number_of(self, name: str | None) -> int:
        """The number of a name, a new one if it has none; -1 for no name."""
        if name is None:
            return NONE
        if (known := self._known.get(name)) is not None:
            return known
        number = self._sealed.find(self.number, name)
        if number is None:
            self._names.append(name)
            number = len(self._sealed) + len(self._names) - 1
        self._known[name] = number
        return number

    def name_of(self, number: int) -> str:
        """The name of a number."""
        behind = number - len(self._sealed)
        return self._sealed.texts.at(number) if behind < 0 else self._names[behind]
