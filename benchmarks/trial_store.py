"""A backend under trial beside its oracle, and comparing what the two answer."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.corpus import Corpus
from benchmarks.exact import ExactNamespace
from benchmarks.scale_texts import ScaleTexts
from benchmarks.seeded_embedder import TextVectors, seeded_identity
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.errors import ConflictError, StorageError
from memory_service.model.entry import EntryDraft, Span, contextual_key
from memory_service.model.write import Forget, OutcomeStatus, Passage, Put, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from memory_service.model.read import DenseLeg, LexicalLeg
    from memory_service.protocols import Reader, Vector

#: Enough for vectors to be told apart by their signs, as those of models are.
DIMENSIONS = 128
#: The namespace that a trial is about.
SPACE = "trial"
#: Candidates of each leg, as the service takes them, and how many of them are read.
DEPTH, READ = 100, 5
#: An approximate dense leg is judged by so many of the best.
BEST = 10
_BATCH = 256
_SEED = 7
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Rounding of sums in another order, relative and absolute.
_NEAR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a trial measured, and what went wrong in it."""

    case: str
    figures: Mapping[str, float]
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing did."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a trial asks both legs."""

    text: str
    vector: Vector


class Bench:
    """One namespace, written to a backend and to an oracle alike.

    Args:
        folder: Of the backend.
        options: The backend's.
    """

    def __init__(self, folder: Path, options: LocalOptions) -> None:
        self._folder = folder
        self._options = options
        self._texts = ScaleTexts(corpus=Corpus(seed=_SEED))
        self._vectors = TextVectors(dimensions=DIMENSIONS, seed=_SEED)
        self.oracle = ExactNamespace(k1=options.k1, b=options.b)
        self.backend = self._open()

    def __len__(self) -> int:
        """Entries that are alive."""
        return len(self.oracle)

    def _open(self) -> LocalBackend:
        backend = LocalBackend.open(self._folder, options=self._options, clock=lambda: _NOW)
        backend.bind(seeded_identity(dimensions=DIMENSIONS, seed=_SEED))
        return backend

    def reopen(self) -> None:
        """Close and open the backend; one that cannot finish releases its files all the same."""
        with suppress(StorageError):
            self.backend.close()
        self.backend = self._open()

    def put(self, texts: Mapping[str, str], *, namespace: str = SPACE) -> None:
        """Write these by id, in one commit; the oracle knows the trial's own namespace alone."""
        drafts = [EntryDraft(id=id, text=text) for id, text in texts.items()]
        puts = [self._put(draft) for draft in drafts]
        receipt = self.backend.apply(_write(puts, namespace))
        if any(one.status is not OutcomeStatus.CREATED for one in receipt.outcomes):
            raise ConflictError("a new entry was not created; the trial needs a fresh folder")
        for draft in drafts if namespace == SPACE else ():
            key = contextual_key(draft).text
            self.oracle.put(draft.id, key=key, text=draft.text, vector=self.vector(key))

    def grow(self, stop: int, *, batch: int = _BATCH) -> Iterator[int]:
        """Write entries by number from as many as were ever written, giving how many there are."""
        for start in range(self.oracle.written, stop, batch):
            last = min(start + batch, stop)
            texts = self._texts.entries(start, last)
            self.put({f"e{number}": text for number, text in enumerate(texts, start)})
            yield last

    def forget(self, ids: Sequence[str]) -> None:
        """Forget these, in commits of a batch each."""
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            self.backend.apply(_write([Forget(id=id) for id in some], SPACE))
            self.oracle.forget(some)

    def vector(self, text: str) -> Vector:
        """The vector of a text."""
        return np.asarray(self._vectors.of([text])[0])

    def questions(self, count: int) -> list[Question]:
        """Questions to entries that were written."""
        chance = np.random.default_rng(_SEED)
        numbers = chance.integers(self.oracle.written, size=count).tolist()
        texts = [self._texts.question(number, chance) for number in numbers]
        return [Question(text=text, vector=self.vector(text)) for text in texts]

    @contextmanager
    def reading(self, namespace: str = SPACE) -> Iterator[Reader]:
        """A namespace as it is now."""
        with self.backend.reader(namespace, filter=None, now=_NOW) as reader:
            yield reader

    def _put(self, draft: EntryDraft) -> Put:
        key = contextual_key(draft)
        span = Span(start=0, stop=len(key.body))
        return Put(draft=draft, passages=(Passage(span=span, vector=self.vector(key.text)),))


@contextmanager
def a_bench(folder: Path, options: LocalOptions | None = None) -> Iterator[Bench]:
    """A new bench; its backend is closed in the end."""
    bench = Bench(folder, options or LocalOptions())
    try:
        yield bench
    finally:
        bench.backend.close()


def faults_of(
    bench: Bench, questions: Sequence[Question], *, when: str, least_found: float = 1.0
) -> list[str]:
    """Where backend and oracle differ; empty when every answer is right.

    *when* names the moment.  At least *least_found* of the oracle's ten best must be in the dense
    leg on average; scores are compared exactly whatever it is, and the lexical leg in full.
    """
    faults: list[str] = []
    shares: list[float] = []
    with bench.reading() as reader:
        for number, asked in enumerate(questions):
            wanted = bench.oracle.lexical(asked.text)
            found = _scored(reader, reader.lexical(asked.text, DEPTH))
            if not _same(found, wanted) or _share(found, wanted, DEPTH) < 1:
                faults.append(f"{when}: lexical answer {number} is another")
            wanted = bench.oracle.dense(asked.vector)
            found = _scored(reader, leg := reader.dense(asked.vector, DEPTH))
            shares.append(_share(found, wanted, BEST))
            if not _same(found, wanted):
                faults.append(f"{when}: dense answer {number} has other scores")
            if not _reads(bench, reader, leg):
                faults.append(f"{when}: an entry of answer {number} reads otherwise")
    if shares and np.mean(shares) < least_found:
        faults.append(f"{when}: the dense leg found {np.mean(shares):.3f} of the best")
    return faults


def _scored(reader: Reader, leg: LexicalLeg | DenseLeg) -> dict[str, float]:
    return dict(zip(reader.ids(leg.ordinals), leg.scores.tolist(), strict=True))


def _reads(bench: Bench, reader: Reader, leg: DenseLeg) -> bool:
    """Whether the first entries have the texts that were written."""
    read = reader.fetch(leg.ordinals[:READ])
    return all(
        one is not None and one.entry.draft.text == bench.oracle.text(one.entry.id) for one in read
    )


def _same(found: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    """Whether what was found has the oracle's scores, best first."""
    scores = list(found.values())
    falling = all(one >= other for one, other in pairwise(scores))
    return falling and all(
        id in wanted and abs(score - wanted[id]) <= _NEAR * max(1.0, abs(score))
        for id, score in found.items()
    )


def _share(found: Mapping[str, float], wanted: Mapping[str, float], count: int) -> float:
    """How many of the oracle's *count* best were found; of equal scores at the end, any will do."""
    best = sorted(wanted.values(), reverse=True)[:count]
    if not best:
        return 1.0
    border = best[-1] - _NEAR * max(1.0, abs(best[-1]))
    return min(1.0, sum(wanted.get(id, -np.inf) >= border for id in found) / len(best))


def _write(operations: Sequence[Put | Forget], namespace: str) -> WriteRequest:
    return WriteRequest(namespace=namespace, operations=tuple(operations), now=_NOW)
