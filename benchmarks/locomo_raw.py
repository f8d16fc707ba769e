"""The published LoCoMo file (`locomo10.json`) as a set.

Ten long conversations, with questions whose evidence names turns (`D3:14`: session 3, turn 14).
An image a turn shares is appended to its text as `[shares CAPTION]`.  Evidence that is written
badly is repaired where one reading exists (`D:11:26`, `D30:05`, several in one string) and
dropped where none does.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.datasets import Dataset, PlacedDraft, Question, hash_files
from memory_service.errors import InvalidInputError
from memory_service.model.entry import EntryDraft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CATEGORIES = {
    1: "multi-hop",
    2: "temporal",
    3: "open-domain",
    4: "single-hop",
    5: "adversarial",
}
_SESSION = re.compile(r"session_(\d+)")
_EVIDENCE = re.compile(r"D:?(\d+):0*(\d+)")


def read_locomo(file: Path) -> Dataset:
    """Every conversation of the file, each a namespace of its own.

    Raises:
        InvalidInputError: If the file is not LoCoMo's.
    """
    try:
        samples = json.loads(file.read_bytes())
        entries = tuple(entry for sample in samples for entry in _entries(sample))
        known = {entry.draft.id for entry in entries}
        questions = tuple(asked for sample in samples for asked in _questions(sample, known))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError("the data file is not locomo10.json: give that one") from error
    return Dataset(name="locomo", entries=entries, questions=questions, sha256=hash_files([file]))


def _entries(sample: dict[str, Any]) -> Iterator[PlacedDraft]:
    conversation, name = sample["conversation"], sample["sample_id"]
    for key, turns in conversation.items():
        session = _SESSION.fullmatch(key)
        if session is None:
            continue
        when = _read_time(conversation[f"{key}_date_time"])
        for place, turn in enumerate(turns, start=1):
            yield PlacedDraft(
                namespace=name, draft=_draft(name, session.group(1), place, turn, when)
            )


def _draft(name: str, session: str, place: int, turn: dict[str, Any], when: datetime) -> EntryDraft:
    caption = turn.get("blip_caption")
    return EntryDraft(
        id=f"{name}/{turn['dia_id']}",
        text=" ".join(turn["text"].split()) + (f" [shares {caption}]" if caption else ""),
        metadata={"turn": turn["dia_id"]} | ({"image_caption": caption} if caption else {}),
        session=session,
        turn=place,
        speaker=turn["speaker"],
        event_time=when,
    )


def _questions(sample: dict[str, Any], known: set[str]) -> Iterator[Question]:
    name = sample["sample_id"]
    for number, asked in enumerate(sample["qa"]):
        turns = _EVIDENCE.findall(" ".join(asked.get("evidence", [])))
        cited = [f"{name}/D{session}:{turn}" for session, turn in turns]
        yield Question(
            id=f"{name}/q{number}",
            namespace=name,
            text=" ".join(asked["question"].split()),
            category=_CATEGORIES[asked["category"]],
            gold=dict.fromkeys((entry for entry in cited if entry in known), 1),
        )


def _read_time(text: str) -> datetime:
    """Read `1:56 pm on 8 May, 2023`; the file names no time zone, so it is UTC."""
    return datetime.strptime(text, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
