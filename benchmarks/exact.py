"""What a namespace must answer, by brute force over what was written to it."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memory_service.index.analysis.analyser import Analyser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from memory_service.protocols import Vector

    Scores = npt.NDArray[np.float64]


class ExactNamespace:
    """Entries by id, each with one vector; scores every live one anew for each question.

    BM25 as in Robertson and Zaragoza (2009), with idf `ln(1 + (N - n + .5) / (n + .5))` and without
    the factor k1 + 1; cosines of vectors rounded to 16 bits, as they are stored.

    Args:
        k1: How soon further occurrences of a word stop counting.
        b: How much the length of an entry counts.
        language: Of the words.
    """

    def __init__(self, *, k1: float, b: float, language: str = "english") -> None:
        self._k1, self._b = k1, b
        self._analyser = Analyser(language)
        self._places: dict[str, int] = {}
        self._ids: list[str] = []
        self._texts: list[str] = []
        self._lengths = array("q")
        self._alive = bytearray()
        self._holders: dict[str, tuple[array[int], array[int]]] = {}
        self._vectors: list[npt.NDArray[np.float16]] = []

    def __len__(self) -> int:
        """How many are alive."""
        return sum(self._alive)

    @property
    def written(self) -> int:
        """How many were ever put in."""
        return len(self._ids)

    def put(self, id: str, *, key: str, text: str, vector: Vector) -> None:
        """Take in a new entry; *key* is what is indexed."""
        place = self._places[id] = len(self._ids)
        terms = Counter(self._analyser.index_terms(key))
        self._ids.append(id)
        self._texts.append(text)
        self._lengths.append(terms.total())
        self._alive.append(1)
        self._vectors.append(vector.astype(np.float16))
        for term, count in terms.items():
            places, counts = self._holders.setdefault(term, (array("q"), array("q")))
            places.append(place)
            counts.append(count)

    def forget(self, ids: Iterable[str]) -> None:
        """Take these out."""
        for id in ids:
            self._alive[self._places[id]] = 0

    def text(self, id: str) -> str:
        """What was written."""
        return self._texts[self._places[id]]

    def lexical(self, query: str) -> dict[str, float]:
        """The BM25 of every live entry that holds a word of the query."""
        alive = self._living()
        lengths = np.frombuffer(self._lengths, np.int64)
        total, average = int(alive.sum()), float(lengths[alive].mean())
        norms = self._k1 * (1 - self._b + self._b * lengths / average)
        scores = np.zeros(len(alive))
        asked = Counter(word.term for word in self._analyser.query_terms(query))
        for term, count in asked.items():
            places, counts = self._held(term)
            held = int(alive[places].sum())
            idf = np.log(1 + (total - held + 0.5) / (held + 0.5))
            scores[places] += count * idf * counts / (counts + norms[places])
        return self._named(scores, alive & (scores > 0))

    def dense(self, vector: Vector) -> dict[str, float]:
        """The cosine of every live entry."""
        cosines = np.stack(self._vectors).astype(np.float64) @ vector.astype(np.float64)
        return self._named(cosines, self._living())

    def _living(self) -> npt.NDArray[np.bool_]:
        return np.frombuffer(self._alive, np.uint8).astype(np.bool_)

    def _held(self, term: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        places, counts = self._holders.get(term, (array("q"), array("q")))
        return np.array(places, np.int64), np.array(counts, np.int64)

    def _named(self, scores: Scores, chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
        return {self._ids[place]: float(scores[place]) for place in np.flatnonzero(chosen)}
