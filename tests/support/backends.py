"""Short questions to any backend."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.model.read import PageRequest
from tests.support.builders import a_write
from tests.support.clock import START

if TYPE_CHECKING:
    from memory_service.model.entry import Entry
    from memory_service.model.write import Outcome
    from memory_service.protocols import Backend


def ids_of(backend: Backend, **fields: object) -> list[str]:
    """The ids of a page of `ns`, in its order."""
    request = PageRequest(namespace="ns", now=START, limit=100)
    page = backend.page(replace(request, **fields))  # type: ignore[arg-type]  # of PageRequest
    return [entry.id for entry in page.entries]


def entry_of(backend: Backend, id: str = "a") -> Entry:
    """This entry of `ns`."""
    return backend.get("ns", id, now=START)


def outcome_of(backend: Backend, *operations: object, **fields: object) -> Outcome:
    """What became of the last of these operations."""
    receipt = backend.apply(a_write(*operations, **fields))  # type: ignore[arg-type]  # of a_write
    return receipt.outcomes[-1]


def idf(held: int, *, of: int) -> float:
    """The weight of a word that stands in *held* of so many entries."""
    return math.log(1 + (of - held + 0.5) / (held + 0.5))
