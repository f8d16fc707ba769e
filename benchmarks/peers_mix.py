"""Several sets in one namespace, and filling until it holds as many entries as wanted.

The filling is drawn from a seeded generator.  Its words are those of the sets, each as frequent as
there, so that a question's words meet as many entries as they would in a larger store of the same
kind; its texts are as long as theirs, but say nothing.  Its vectors lie between two entries' of
the sets, and off them: a question meets others near its answer, but none is the answer.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.datasets import Dataset, PlacedDraft, by_corpus
from benchmarks.peers_asking import Entries
from memory_service.errors import InvalidInputError
from memory_service.model.entry import EntryDraft, contextual_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.datasets import Question
    from benchmarks.peers_given import Given
    from memory_service.protocols import Vectors

#: The one namespace.
EVERYTHING = "all"
#: Turns of one invented conversation.
_TURNS = 20
#: The most words of one filling entry: as a turn or a paragraph has, not as a paper's abstract.
_MOST_WORDS = 64
_SPEAKERS = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gwen", "Hugo")
_FIRST_DAY = datetime(2022, 1, 3, 9, tzinfo=UTC)
_WORD = re.compile(r"\w+")


def mixed(datasets: Sequence[Dataset]) -> Dataset:
    """All entries of the sets in one namespace, and the questions that need no filter.

    Ids and sessions are told apart by their set; entries that several sets share come once.
    """
    entries: list[PlacedDraft] = []
    questions: list[Question] = []
    for sharing in by_corpus(datasets):
        name = sharing[0].name
        entries += [_placed(name, placed) for placed in sharing[0].entries]
        for dataset in sharing:
            asked = (one for one in dataset.questions if one.gold and one.user is None)
            questions += [_asked(name, dataset.name, one) for one in asked]
    joined = "".join(dataset.sha256 for dataset in datasets)
    return Dataset(
        name="mix",
        entries=tuple(entries),
        questions=tuple(questions),
        sha256=hashlib.sha256(joined.encode()).hexdigest(),
    )


def filled(given: Given, size: int, *, seed: int) -> Given:
    """The same with filling, so that it holds *size* entries; questions stay as they are.

    Raises:
        InvalidInputError: If it holds more already.
    """
    missing = size - len(given.entries.ids)
    if missing < 0:
        raise InvalidInputError(
            f"the sets hold {len(given.entries.ids):,} entries: ask for a mix of that many at least"
        )
    generator = np.random.default_rng(seed)
    texts = _texts(given.entries.texts, missing, generator)
    drafts = [_draft(number, text) for number, text in enumerate(texts)]
    vectors = _between(given.entries.vectors, missing, generator)
    before = given.entries
    return replace(
        given,
        dataset=replace(given.dataset, entries=(*given.dataset.entries, *map(_filling, drafts))),
        entries=Entries(
            ids=(*before.ids, *(draft.id for draft in drafts)),
            namespaces=(EVERYTHING,) * size,
            texts=(*before.texts, *(contextual_key(draft).text for draft in drafts)),
            vectors=np.concatenate([before.vectors, vectors]),
        ),
    )


def _placed(name: str, placed: PlacedDraft) -> PlacedDraft:
    draft = placed.draft
    session = draft.session and f"{name}/{placed.namespace}/{draft.session}"
    return PlacedDraft(
        namespace=EVERYTHING, draft=replace(draft, id=f"{name}/{draft.id}", session=session)
    )


def _asked(corpus: str, name: str, question: Question) -> Question:
    gold = {f"{corpus}/{entry}": grade for entry, grade in question.gold.items()}
    return replace(question, id=f"{name}/{question.id}", namespace=EVERYTHING, gold=gold)


def _texts(like: Sequence[str], count: int, generator: np.random.Generator) -> Iterator[str]:
    """Texts of the same words and lengths, each word drawn by itself."""
    words = [_WORD.findall(text) for text in like]
    frequency = Counter(word for of_text in words for word in of_text)
    vocabulary = np.array(list(frequency), dtype=object)
    shares = np.fromiter(frequency.values(), dtype=np.float64) / frequency.total()
    lengths = [len(of_text) for of_text in words if 0 < len(of_text) <= _MOST_WORDS]
    drawn = generator.choice(lengths, size=count)
    stream = generator.choice(vocabulary, size=int(drawn.sum()), p=shares)
    for stop, length in zip(np.cumsum(drawn), drawn, strict=True):
        yield " ".join(stream[stop - length : stop])


def _between(vectors: Vectors, count: int, generator: np.random.Generator) -> Vectors:
    """Unit vectors between two of these each, moved by as much in a direction of their own.

    To either of the two the cosine is about 0.6, where they are unrelated themselves.
    """
    pairs = generator.integers(0, len(vectors), size=(2, count))
    own = generator.standard_normal((count, vectors.shape[1]), dtype=np.float32)
    made = vectors[pairs[0]] + vectors[pairs[1]] + _unit(own)
    return _unit(made)


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / length).astype(np.float32)
    return unit


def _draft(number: int, text: str) -> EntryDraft:
    talk, turn = divmod(number, _TURNS)
    return EntryDraft(
        id=f"filling/{number}",
        text=text,
        session=f"filling/{talk}",
        turn=turn + 1,
        speaker=_SPEAKERS[(talk + number % 2) % len(_SPEAKERS)],
        event_time=_FIRST_DAY + timedelta(hours=talk % 8_000),
    )


def _filling(draft: EntryDraft) -> PlacedDraft:
    return PlacedDraft(namespace=EVERYTHING, draft=draft)
