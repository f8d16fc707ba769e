"""A column of texts, each kept once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from memory_service.model.filters import Operator
from memory_service.store.filtering.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from memory_service.model.read import Flags

    Codes = npt.NDArray[np.int32]
    Asked = Callable[[pa.Array], pa.Array]

#: The code of a row without a text.
NO_TEXT = -1
#: So many texts are found again when they come once more; beyond, a text may have several codes.
_FOUND_AGAIN = 8192
#: Up to so many codes are compared one by one, which is faster than looking each row up.
_FEW = 3
#: Of so many times fewer rows than codes, the rows are looked at and not all codes.
_MANY = 8

_ORDERED: dict[Operator, Callable[[pa.Array, pa.Scalar], pa.Array]] = {
    Operator.LT: pc.less,
    Operator.LTE: pc.less_equal,
    Operator.GT: pc.greater,
    Operator.GTE: pc.greater_equal,
}


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts by code: packed parts, and what came since; `starts` are the parts' first codes."""

    packed: tuple[pa.Array, ...]
    starts: tuple[int, ...]
    fresh: list[str]

    def at(self, code: int) -> str:
        """The text of a code."""
        if code >= self.starts[-1]:
            return self.fresh[code - self.starts[-1]]
        part = bisect_right(self.starts, code) - 1
        return str(self.packed[part][code - self.starts[part]].as_py())

    def parts(self) -> list[pa.Array]:
        """All of them."""
        return [*self.packed, pa.array(self.fresh.copy(), pa.string())]

    def pack(self) -> _Texts:
        """The same, with all of it packed."""
        packed = (*self.packed, pa.array(self.fresh, pa.string()))
        return _Texts(packed, (*self.starts, self.starts[-1] + len(self.fresh)), [])


class Words:
    """Texts by code.  One thread appends; questions run beside it."""

    def __init__(self, texts: pa.Array) -> None:
        """Begin with *texts*, by code; no nulls."""
        self._texts = _Texts((texts,), (0, len(texts)), [])
        few = len(texts) <= _FOUND_AGAIN
        known: list[str] = texts.to_pylist() if few else []
        self._codes = {text: code for code, text in enumerate(known)}
        self._count = len(texts)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        packed: int = sum(part.nbytes for part in self._texts.packed)
        return packed + 100 * len(self._codes)

    def code(self, text: str) -> int:
        """A code of a text, a new one if need be."""
        code = self._codes.get(text)
        if code is None:
            if len(self._codes) >= _FOUND_AGAIN:
                self._codes.clear()
            code = self._codes[text] = self._count
            self._texts.fresh.append(text)
            self._count += 1
            if len(self._texts.fresh) >= _FOUND_AGAIN:
                self._texts = self._texts.pack()
        return code

    def which(self, asked: Asked) -> Flags:
        """Which codes a question is true of, and one `False` more, for `NO_TEXT`."""
        answers = [_flags(asked(part)) for part in self._texts.parts()]
        return np.concatenate([*answers, np.zeros(1, np.bool_)])

    def codes_of(self, texts: Sequence[str]) -> list[int]:
        """The codes of these texts, as far as there are any."""
        wanted = pa.array(texts, pa.string())
        which = self.which(lambda part: pc.is_in(part, value_set=wanted))
        return np.flatnonzero(which).tolist()

    def which_of(self, codes: Codes, asked: Asked) -> Flags:
        """The same of a few codes, `NO_TEXT` among them."""
        texts = self._texts
        found = codes != NO_TEXT
        words = [texts.at(code) for code in codes[found].tolist()]
        found[found] = _flags(asked(pa.array(words, pa.string())))
        return np.asarray(found, np.bool_)


def _flags(answer: pa.Array) -> Flags:
    flags: Flags = answer.to_numpy(zero_copy_only=False)
    return flags


class TextColumn:
    """A text, or none, for every row."""

    def __init__(self, codes: Codes, texts: pa.Array) -> None:
        """Begin with a code by row, and the texts by code."""
        self._codes = Run(codes)
        self._words = Words(texts)

    @property
    def nbytes(self) -> int:
        """Bytes held, more or less."""
        return self._codes.nbytes + self._words.nbytes

    def extend(self, texts: Sequence[str | None]) -> None:
        """Append rows."""
        self._codes.extend([NO_TEXT if text is None else self._words.code(text) for text in texts])

    def present(self, start: int, stop: int) -> Flags:
        """Which rows have a text."""
        present: Flags = self._codes.part(start, stop) != NO_TEXT
        return present

    def equal(self, texts: Sequence[str], start: int, stop: int) -> Flags:
        """Which rows have one of these texts."""
        wanted = pa.array(texts, pa.string())
        if len(wanted) == 1:
            return self._rows(lambda part: pc.equal(part, wanted[0]), start, stop)
        return self._rows(lambda part: pc.is_in(part, value_set=wanted), start, stop)

    def ordered(self, operator: Operator, text: str, start: int, stop: int) -> Flags:
        """Which rows have a text that compares so, by code points."""
        compare, bound = _ORDERED[operator], pa.scalar(text, pa.string())
        return self._rows(lambda part: compare(part, bound), start, stop)

    def below(self, stem: str, start: int, stop: int) -> Flags:
        """Which rows have *stem* or a text that goes on with a slash."""
        whole = pa.scalar(stem, pa.string())

        def asked(part: pa.Array) -> pa.Array:
            return pc.or_(pc.equal(part, whole), pc.starts_with(part, pattern=f"{stem}/"))

        return self._rows(asked, start, stop)

    def _rows(self, asked: Asked, start: int, stop: int) -> Flags:
        # Taken before the texts: every code in it is that of a text by now.
        codes = self._codes.part(start, stop)
        if len(codes) < len(self._words) // _MANY:
            return self._words.which_of(codes, asked)
        which = self._words.which(asked)
        true = np.flatnonzero(which)
        if len(true) > _FEW:
            return which.take(codes)
        found = np.zeros(len(codes), np.bool_)
        for code in true.tolist():
            found |= codes == code
        return found
