"""How much of the exact answer the dense leg finds, with filters and without."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.filling import draft_of
from benchmarks.seeded_embedder import ALL_TOPICS, TextVectors, seeded_identity
from benchmarks.site import questions_to
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.engine.filter_grammar import parse_filter
from memory_service.model.entry import contextual_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.filling import Filled, Space
    from benchmarks.scale_texts import ScaleTexts
    from memory_service.model.entry import EntryDraft
    from memory_service.protocols import Vectors

    Numbers = npt.NDArray[np.int64]
    Cosines = npt.NDArray[np.float32]

#: Candidates of the leg, as the service takes them, and how many of the best are looked at.
_DEPTH, _BEST = 100, 10
_BATCH = 4_096
#: Questions of no other part.
_SEED = 1_000


def found_under_filters(
    filled: Filled, texts: ScaleTexts, filters: Mapping[str, object], *, questions: int
) -> dict[str, float]:
    """The share of the exact ten best that are among the leg's ten best, by name of the filter.

    In process, on the store's first namespace, before anybody writes to it.  Where fewer than ten
    entries pass, those are the best.
    """
    shape = filled.shape
    space = shape.space(0)
    asked = islice(questions_to(shape, texts, seed=_SEED), questions)
    vectors = TextVectors(dimensions=shape.dimensions, seed=shape.seed, topics_kept=ALL_TOPICS)
    queries = vectors.of([one.text for one in asked])
    best = Best(queries=len(queries), names=list(filters), count=_BEST)
    for numbers, drafts in _drafts(texts, space):
        keys = [contextual_key(draft).text for draft in drafts]
        stored = vectors.of(keys).astype(np.float16).astype(np.float32)
        for name, filter in filters.items():
            kept = [place for place, draft in enumerate(drafts) if _passes(draft, filter)]
            best.take(name, numbers[kept], queries @ stored[kept].T)
    return _shares(filled, queries, filters, best)


class Best:
    """The best numbers of each query under each filter so far, *count* of each."""

    def __init__(self, *, queries: int, names: Sequence[str], count: int) -> None:
        self._count = count
        nothing = np.empty((queries, 0), np.int64), np.empty((queries, 0), np.float32)
        self._found: dict[str, tuple[Numbers, Cosines]] = dict.fromkeys(names, nothing)

    def take(self, name: str, numbers: Numbers, cosines: Cosines) -> None:
        """See these too."""
        before, scores = self._found[name]
        every = np.hstack([before, np.broadcast_to(numbers, cosines.shape)])
        scores = np.hstack([scores, cosines])
        order = np.argsort(-scores, axis=1, kind="stable")[:, : self._count]
        self._found[name] = (
            np.take_along_axis(every, order, axis=1),
            np.take_along_axis(scores, order, axis=1),
        )

    def ids(self, name: str, query: int) -> set[str]:
        """The ids of the best of one query."""
        return {f"e{number}" for number in self._found[name][0][query].tolist()}


def _shares(
    filled: Filled, queries: Vectors, filters: Mapping[str, object], best: Best
) -> dict[str, float]:
    shape, now = filled.shape, datetime.now(UTC)
    backend = LocalBackend.open(filled.folder, options=LocalOptions(), clock=lambda: now)
    shares: dict[str, float] = {}
    try:
        backend.bind(seeded_identity(dimensions=shape.dimensions, seed=shape.seed))
        for name, filter in filters.items():
            parsed = parse_filter(filter) if filter else None
            with backend.reader(shape.space(0).name, filter=parsed, now=now) as reader:
                legs = [reader.dense(query, _DEPTH) for query in queries]
                ids = [set(reader.ids(leg.ordinals[:_BEST])) for leg in legs]
            shares[name] = float(
                np.mean([_share(found, best.ids(name, n)) for n, found in enumerate(ids)])
            )
    finally:
        backend.close()
    return shares


def _share(found: set[str], wanted: set[str]) -> float:
    return len(found & wanted) / len(wanted) if wanted else 1.0


def _drafts(texts: ScaleTexts, space: Space) -> Iterator[tuple[Numbers, list[EntryDraft]]]:
    for first in range(space.start, space.stop, _BATCH):
        last = min(first + _BATCH, space.stop)
        drafts = [draft_of(n, text) for n, text in enumerate(texts.entries(first, last), first)]
        yield np.arange(first, last), drafts


# The filters of this benchmark alone: one tag, or one number below a limit.
def _passes(draft: EntryDraft, filter: Any) -> bool:  # noqa: ANN401
    if filter is None:
        return True
    if "tags" in filter:
        return filter["tags"]["any"][0] in draft.tags
    part = draft.metadata["part"]
    return isinstance(part, int) and part < filter["metadata.part"]["lt"]
