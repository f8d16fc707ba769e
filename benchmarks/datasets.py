"""Evaluation sets in one layout, as the values the product works with.

A set is a folder of three files in UTF-8:

    corpus.jsonl    {"id", "text", "metadata": {…}, "namespace"}
    queries.jsonl   {"id", "text", "namespace", "category"}, and "user" where a set has it
    qrels.tsv       query_id <TAB> entry_id <TAB> relevance, without a header

`metadata.speaker`, `timestamp` and `session` become the entry's speaker, event time and session;
its turn is the line's place in its session, from 1.  The other metadata stays, as far as it is
scalar.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from memory_service.errors import InvalidInputError, MalformedLineError
from memory_service.model.entry import EntryDraft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from memory_service.model.entry import MetadataValue

_FILES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
_OWN_FIELDS = frozenset({"speaker", "timestamp", "session"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDraft:
    """An entry of a set and the namespace it goes to."""

    namespace: str
    draft: EntryDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and its judged entries.

    `gold` maps entry ids to relevance, those above 0 alone; empty when the set knows no answer.
    A question with a `user` looks only at entries whose `metadata.user` is the same.
    """

    id: str
    namespace: str
    text: str
    category: str = ""
    gold: Mapping[str, int] = field(default_factory=dict)
    user: int | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A whole set; `sha256` covers the bytes of its files."""

    name: str
    entries: tuple[PlacedDraft, ...]
    questions: tuple[Question, ...]
    sha256: str

    def by_namespace(self) -> dict[str, list[EntryDraft]]:
        """The drafts of each namespace, in the order of the file."""
        grouped: dict[str, list[EntryDraft]] = defaultdict(list)
        for entry in self.entries:
            grouped[entry.namespace].append(entry.draft)
        return dict(grouped)

    def last_events(self) -> dict[str, datetime]:
        """The latest event of each namespace that names any."""
        latest: dict[str, datetime] = {}
        for entry in self.entries:
            moment = entry.draft.event_time
            if moment is not None:
                latest[entry.namespace] = max(moment, latest.get(entry.namespace, moment))
        return latest

    @property
    def graded(self) -> bool:
        """Whether some entry is more relevant than another."""
        return any(grade > 1 for question in self.questions for grade in question.gold.values())


def find_sets(folder: Path, name: str | None = None) -> list[Path]:
    """The sets under *folder*: itself if it is one, else its subfolders that are, by name.

    Raises:
        InvalidInputError: If there is none, or none called *name*.
    """
    candidates = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    found = [path for path in candidates if all((path / file).is_file() for file in _FILES)]
    chosen = [path for path in found if name in (None, path.name)]
    if not chosen:
        wanted = f"set called {name}" if name else "set"
        raise InvalidInputError(
            f"the data folder holds no {wanted}: give a folder with {', '.join(_FILES)}, "
            "or a folder of such folders"
        )
    return chosen


def read_sets(folder: Path, names: Sequence[str] | None = None) -> list[Dataset]:
    """The sets under *folder* of these names, or all of them.

    Raises:
        InvalidInputError: If there is none, or one is missing.
        MalformedLineError: If a line is not what the layout says.
    """
    if not names:
        return [read_set(path) for path in find_sets(folder)]
    return [read_set(path) for name in names for path in find_sets(folder, name)]


def read_set(folder: Path) -> Dataset:
    """Read one set.

    Raises:
        MalformedLineError: If a line is not what the layout says.
    """
    gold = _read_judgements(folder / "qrels.tsv")
    return Dataset(
        name=folder.name,
        entries=tuple(_read_entries(folder / "corpus.jsonl")),
        questions=tuple(
            _question(record, gold.get(str(record["id"]), {}))
            for record in _records(folder / "queries.jsonl", "id", "text", "namespace")
        ),
        sha256=hash_files([folder / file for file in _FILES]),
    )


def by_corpus(datasets: Iterable[Dataset]) -> list[tuple[Dataset, ...]]:
    """The sets over the same entries together, in the order of the first of each."""
    groups: list[tuple[Dataset, ...]] = []
    for dataset in datasets:
        place = next(
            (n for n, sharing in enumerate(groups) if sharing[0].entries == dataset.entries), None
        )
        if place is None:
            groups.append((dataset,))
        else:
            groups[place] += (dataset,)
    return groups


def pick_questions(dataset: Dataset, count: int, *, seed: int) -> list[Question]:
    """*count* questions of different texts, drawn at random; all if there are no more."""
    different = list({asked.text: asked for asked in dataset.questions}.values())
    return Random(seed).sample(different, min(count, len(different)))  # noqa: S311 (no secret)


def hash_files(paths: Sequence[Path]) -> str:
    """SHA-256 over the bytes of these files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def as_event_time(text: str) -> datetime:
    """An ISO date or time; UTC when it names no offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_entries(path: Path) -> Iterator[PlacedDraft]:
    turns: Counter[tuple[str, str]] = Counter()
    for record in _records(path, "id", "text", "namespace"):
        namespace, metadata = record["namespace"], record.get("metadata") or {}
        session = str(metadata["session"]) if "session" in metadata else None
        if session is not None:
            turns[namespace, session] += 1
        turn = None if session is None else turns[namespace, session]
        draft = _draft(record, metadata, session, turn)
        yield PlacedDraft(namespace=namespace, draft=draft)


def _draft(
    record: dict[str, Any], metadata: dict[str, Any], session: str | None, turn: int | None
) -> EntryDraft:
    timestamp = metadata.get("timestamp")
    return EntryDraft(
        id=str(record["id"]),
        text=record["text"],
        metadata=_scalars(metadata),
        session=session,
        turn=turn,
        speaker=metadata.get("speaker"),
        event_time=as_event_time(timestamp) if timestamp else None,
    )


def _scalars(metadata: dict[str, Any]) -> dict[str, MetadataValue]:
    return {
        key: value
        for key, value in metadata.items()
        if key not in _OWN_FIELDS and (value is None or isinstance(value, (str, int, float)))
    }


def _question(record: dict[str, Any], gold: Mapping[str, int]) -> Question:
    return Question(
        id=str(record["id"]),
        namespace=record["namespace"],
        text=record["text"],
        category=record.get("category") or "",
        gold=gold,
        user=record.get("user"),
    )


def _read_judgements(path: Path) -> dict[str, dict[str, int]]:
    gold: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            question, entry, relevance = line.split("\t")
            grade = int(relevance)
        except ValueError as error:
            raise MalformedLineError(
                f"line {number} of {path.name} is not question, entry and relevance", line=number
            ) from error
        if grade > 0:
            gold[question][entry] = grade
    return gold


def _records(path: Path, *required: str) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
                missing = [name for name in required if name not in record]
            except (ValueError, TypeError) as error:
                raise MalformedLineError(
                    f"line {number} of {path.name} is not a JSON object", line=number
                ) from error
            if missing:
                raise MalformedLineError(
                    f"line {number} of {path.name} lacks {', '.join(missing)}", line=number
                )
            yield record
