"""A tiny evaluation set in the uniform layout, about nothing in particular."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_TURNS = (
    ("Ann", "The boat leaves from pier nine."),
    ("Bob", "My sister paints lighthouses."),
    ("Ann", "Bring the blue tent, not the green one."),
    ("Bob", "The bakery opens at six."),
)
_QUESTIONS = (
    ("q1", "From which pier does the boat leave?", "place", "t1"),
    ("q2", "What does the sister paint?", "person", "t2"),
    ("q3", "Which tent, blue or green?", "thing", "t3"),
    ("q4", "When does the bakery open?", "time", "t4"),
)


def write_tiny_set(
    folder: Path, *, name: str = "tiny", spaces: Sequence[str] = ("talk-0", "talk-1")
) -> Path:
    """Write a set of four turns and five questions in each namespace, one without an answer."""
    target = folder / name
    target.mkdir(parents=True)
    _write(target / "corpus.jsonl", (turn for space in spaces for turn in _corpus(space)))
    _write(target / "queries.jsonl", (asked for space in spaces for asked in _queries(space)))
    judgements = [f"{space}/{q[0]}\t{space}/{q[3]}\t1" for space in spaces for q in _QUESTIONS]
    (target / "qrels.tsv").write_text("\n".join(judgements) + "\n", encoding="utf-8")
    return target


def _corpus(space: str) -> Iterable[Mapping[str, object]]:
    for place, (speaker, text) in enumerate(_TURNS, start=1):
        metadata = {"speaker": speaker, "session": 1, "timestamp": "2024-05-01T10:00:00"}
        yield {"id": f"{space}/t{place}", "text": text, "metadata": metadata, "namespace": space}


def _queries(space: str) -> Iterable[Mapping[str, object]]:
    for name, text, category, _ in _QUESTIONS:
        yield {"id": f"{space}/{name}", "text": text, "namespace": space, "category": category}
    nothing = "Who discovered argon?"
    yield {"id": f"{space}/q5", "text": nothing, "namespace": space, "category": None}


def _write(file: Path, records: Iterable[Mapping[str, object]]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
