"""From the rows back to columns, at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.asking import QUESTION
from memory_service.store.columns import NEVER, NO_TURN, NONE, ROW, Columns
from memory_service.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from memory_service.store.connection import Database

    Found = Mapping[str, npt.NDArray[np.generic]]

_SAME = ("first_seq", "turn", "expires", "written", "day", "length", "asks")


def load_columns(database: Database) -> dict[int, Columns]:
    """The columns of every namespace that holds something, by its number."""
    found = database.columns(
        statement("select_traits"), {"question": QUESTION, "no_turn": NO_TURN, "never": NEVER}
    )
    order = np.lexsort((found["seq"], found["ns"]))
    numbers, starts = np.unique(found["ns"][order], return_index=True)
    parts = np.split(order, starts[1:])
    return {
        int(number): _columns({name: column[part] for name, column in found.items()})
        for number, part in zip(numbers, parts, strict=False)
    }


def _columns(found: Found) -> Columns:
    rows = np.empty(len(found["seq"]), ROW)
    for name in _SAME:
        rows[name] = found[name]
    sessions = _numbered(rows["session"], found["session"])
    speakers = _numbered(rows["speaker"], found["speaker"])
    ordinals = found["seq"].astype(np.int64)
    columns = Columns()
    columns.fill(ordinals, rows, sessions=sessions, speakers=speakers)
    return columns


def _numbered(numbers: npt.NDArray[np.int32], marked: npt.NDArray[np.generic]) -> list[str]:
    """The distinct names behind the mark; *numbers* become places among them."""
    every: list[str] = marked.tolist()
    names = [name for name in dict.fromkeys(every) if name]
    places = {name: place for place, name in enumerate(names)} | {"": NONE}
    numbers[:] = list(map(places.__getitem__, every))
    return [name[1:] for name in names]
