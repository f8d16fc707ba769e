"""Stores of any size: entries with given vectors, straight into the backend.

Entries are turns of conversations of twenty, one a minute, by two speakers, so that a recall finds
neighbours, dates and names as it does among an agent's own entries.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.progress import progress
from benchmarks.seeded_embedder import ALL_TOPICS, TextVectors, seeded_identity
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.model.entry import EntryDraft, Span, contextual_key
from memory_service.model.write import Passage, Put, WriteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.scale_texts import ScaleTexts

#: The namespace that stands in every store beside the others.
SMALL = "small"
#: Its first entry: the same entries in every store.
_SMALL_FIRST = 20_000_000
#: What share of the entries has each tag.
SHARES = {"half": 2, "tenth": 10, "hundredth": 100, "thousandth": 1_000}
_BATCH = 256
_TURNS = 20
_SPEAKERS = ("Ann", "Bob")
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
#: Entries between two runs of the backend's own upkeep, as a daemon has them while it is filled.
_UPKEEP = 51_200
_DESCRIPTION = "filled.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A namespace and the numbers of its entries, *start* to *stop* (exclusive)."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a store is: so many entries spread evenly over so many namespaces.

    Beside them stands the namespace `small`, with *small* entries that are the same everywhere.
    """

    entries: int
    namespaces: int
    dimensions: int
    seed: int
    small: int = 1_000

    @property
    def name(self) -> str:
        """For people and files."""
        return f"{self.entries}-in-{self.namespaces}-and-{self.small}"

    @property
    def all_entries(self) -> int:
        """Those of `small` too."""
        return self.entries + self.small

    def space(self, place: int) -> Space:
        """The namespace at this place, from 0."""
        start, stop = (self.entries * n // self.namespaces for n in (place, place + 1))
        return Space(name=f"space-{place}", start=start, stop=stop)

    def small_space(self) -> Space:
        """The namespace `small`."""
        return Space(name=SMALL, start=_SMALL_FIRST, stop=_SMALL_FIRST + self.small)

    def spaces(self) -> Iterator[Space]:
        """Every namespace."""
        yield from map(self.space, range(self.namespaces))
        yield self.small_space()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A store in a folder, and the seconds it took to fill (upkeep and closing included)."""

    folder: Path
    shape: Shape
    seconds: float


def draft_of(number: int, text: str) -> EntryDraft:
    """The entry of this number."""
    session, turn = divmod(number, _TURNS)
    return EntryDraft(
        id=f"e{number}",
        text=text,
        tags=tuple(tag for tag, one_in in SHARES.items() if _scattered(number) % one_in == 0),
        metadata={"part": _scattered(number) % 1_000},
        session=f"s{session}",
        turn=turn,
        speaker=_SPEAKERS[turn % 2],
        event_time=_FIRST + timedelta(minutes=number),
    )


@contextmanager
def filled(shape: Shape, texts: ScaleTexts, *, keep: Path | None) -> Iterator[Filled]:
    """A store of this shape in a folder that is gone afterwards.

    With *keep* it is a copy of one in that folder, which is filled when it is not there; what is
    kept there must be removed by hand when the store's format changes.
    """
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keep) as name:
        folder = Path(name) / "data"
        if keep is None:
            yield fill(folder, shape, texts)
            return
        kept = _kept(keep / f"store-{shape.name}x{shape.dimensions}", shape, texts)
        shutil.copytree(kept.folder, folder)
        yield Filled(folder=folder, shape=shape, seconds=kept.seconds)


def fill(folder: Path, shape: Shape, texts: ScaleTexts) -> Filled:
    """Fill a new store in *folder*."""
    folder.mkdir(parents=True)
    start = time.perf_counter()
    backend = LocalBackend.open(folder, options=LocalOptions(), clock=lambda: datetime.now(UTC))
    try:
        backend.bind(seeded_identity(dimensions=shape.dimensions, seed=shape.seed))
        with progress(f"{shape.name}: fill", shape.all_entries) as advance:
            _fill(backend, shape, texts, advance)
        backend.maintain()
    finally:
        backend.close()
    return Filled(folder=folder, shape=shape, seconds=time.perf_counter() - start)


def _fill(
    backend: LocalBackend, shape: Shape, texts: ScaleTexts, advance: Callable[[int], None]
) -> None:
    vectors = TextVectors(dimensions=shape.dimensions, seed=shape.seed, topics_kept=ALL_TOPICS)
    done = 0
    for space in shape.spaces():
        for start in range(space.start, space.stop, _BATCH):
            stop = min(start + _BATCH, space.stop)
            numbered = enumerate(texts.entries(start, stop), start)
            drafts = [draft_of(number, text) for number, text in numbered]
            backend.apply(_request(space.name, _puts(drafts, vectors), stop))
            if done // _UPKEEP != (done + len(drafts)) // _UPKEEP:
                backend.maintain()
            done += len(drafts)
            advance(len(drafts))


def _request(namespace: str, puts: Sequence[Put], number: int) -> WriteRequest:
    return WriteRequest(
        namespace=namespace, operations=tuple(puts), now=_FIRST + timedelta(minutes=number)
    )


def _puts(drafts: Sequence[EntryDraft], vectors: TextVectors) -> list[Put]:
    keys = [contextual_key(draft) for draft in drafts]
    rows = vectors.of([key.text for key in keys])
    return [
        Put(
            draft=draft,
            passages=(Passage(span=Span(start=0, stop=len(key.body)), vector=row),),
        )
        for draft, key, row in zip(drafts, keys, rows, strict=True)
    ]


def _scattered(number: int) -> int:
    """Numbers that follow each other far apart, so that a share is no stretch of time."""
    return number * 7_919 % 1_000_003


def _kept(folder: Path, shape: Shape, texts: ScaleTexts) -> Filled:
    """The store in *folder*, filled where it is missing or another one."""
    described = _described(shape, texts)
    file = folder / _DESCRIPTION
    found: dict[str, Any] = json.loads(file.read_bytes()) if file.is_file() else {}
    if found.get("holds") == described:
        return Filled(folder=folder / "data", shape=shape, seconds=found["seconds"])
    shutil.rmtree(folder, ignore_errors=True)
    done = fill(folder / "data", shape, texts)
    file.write_text(json.dumps({"holds": described, "seconds": done.seconds}), encoding="utf-8")
    return done


def _described(shape: Shape, texts: ScaleTexts) -> dict[str, Any]:
    sample = texts.entries(0, min(shape.entries, _BATCH))
    vectors = TextVectors(dimensions=shape.dimensions, seed=shape.seed).of(["", *sample])
    digest = sha256("\n".join(sample).encode() + vectors.tobytes())
    return {**asdict(shape), "texts_and_vectors": digest.hexdigest()}
