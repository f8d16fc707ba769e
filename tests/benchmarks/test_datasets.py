"""Reading evaluation sets: what stands in a file becomes what the product works with."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.datasets import find_sets, read_set
from benchmarks.locomo_raw import read_locomo
from memory_service.errors import InvalidInputError, MalformedLineError
from memory_service.model.entry import EntryDraft
from tests.support.evaluation_set import write_tiny_set


def _set(folder: Path, corpus: object, queries: object = (), qrels: str = "") -> Path:
    for name, records in (("corpus", corpus), ("queries", queries)):
        assert isinstance(records, (list, tuple))
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


def test_speaker_time_and_session_become_fields_and_the_rest_stays(tmp_path: Path) -> None:
    metadata = {
        "speaker": "Ann",
        "timestamp": "2024-05-01T10:00:00",
        "session": 3,
        "mood": "calm",
        "nested": {"a": 1},
    }
    line = {"id": "a", "text": "Hello.", "metadata": metadata, "namespace": "n"}

    read = read_set(_set(tmp_path, [line]))

    assert [(placed.namespace, placed.draft) for placed in read.entries] == [
        (
            "n",
            EntryDraft(
                id="a",
                text="Hello.",
                metadata={"mood": "calm"},
                session="3",
                turn=1,
                speaker="Ann",
                event_time=datetime(2024, 5, 1, 10, tzinfo=UTC),
            ),
        )
    ]


def test_the_last_event_of_a_namespace_is_its_latest(tmp_path: Path) -> None:
    """It stands for the present of its questions, whatever day the benchmark is run."""
    times = [
        ("n", "2024-02-01"),
        ("n", "2024-01-01"),
        ("m", None),
        ("m", "2023-01-01"),
        ("o", None),
    ]
    lines = [
        {"id": str(number), "text": "Hi.", "namespace": name, "metadata": {"timestamp": time}}
        for number, (name, time) in enumerate(times)
    ]

    read = read_set(_set(tmp_path, lines))

    assert read.last_events() == {
        "n": datetime(2024, 2, 1, tzinfo=UTC),
        "m": datetime(2023, 1, 1, tzinfo=UTC),
    }


def test_turns_count_within_a_session_of_a_namespace(tmp_path: Path) -> None:
    places = [("n", 1), ("n", 2), ("n", 1), ("m", 1), ("m", None)]
    lines = [
        {
            "id": str(number),
            "text": "x",
            "namespace": namespace,
            "metadata": {} if session is None else {"session": session},
        }
        for number, (namespace, session) in enumerate(places)
    ]

    read = read_set(_set(tmp_path, lines))

    assert [placed.draft.turn for placed in read.entries] == [1, 1, 2, 1, None]


def test_only_judgements_above_0_are_gold(tmp_path: Path) -> None:
    query = {"id": "q", "text": "?", "namespace": "n", "category": None}

    read = read_set(_set(tmp_path, [], [query], "q\ta\t4\nq\tb\t0\n"))

    assert read.questions[0].gold == {"a": 4}
    assert read.questions[0].category == ""
    assert read.graded


@pytest.mark.parametrize("line", ["[1]", "{", '{"id": "a", "text": "x"}'])
def test_a_line_that_is_no_entry_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    _set(tmp_path, [{"id": "a", "text": "x", "namespace": "n"}])
    with (tmp_path / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write(line + "\n")

    with pytest.raises(MalformedLineError) as refused:
        read_set(tmp_path)

    assert refused.value.line == 2


def test_a_judgement_that_is_none_is_named_by_its_number(tmp_path: Path) -> None:
    _set(tmp_path, [], [], "q\ta\t1\nq a 1\n")

    with pytest.raises(MalformedLineError) as refused:
        read_set(tmp_path)

    assert refused.value.line == 2


def test_a_folder_holds_one_set_or_several(tmp_path: Path) -> None:
    one = write_tiny_set(tmp_path, name="one")
    two = write_tiny_set(tmp_path, name="two")
    (tmp_path / "empty").mkdir()

    assert find_sets(one) == [one]
    assert find_sets(tmp_path) == [one, two]
    assert find_sets(tmp_path, "two") == [two]


@pytest.mark.parametrize("name", [None, "three"])
def test_a_folder_without_the_set_is_refused(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(InvalidInputError):
        find_sets(tmp_path / "nowhere", name)


def test_the_hash_changes_with_the_data(tmp_path: Path) -> None:
    line = {"id": "a", "text": "x", "namespace": "n"}

    before = read_set(_set(tmp_path, [line])).sha256
    again = read_set(_set(tmp_path, [line])).sha256
    after = read_set(_set(tmp_path, [line | {"text": "y"}])).sha256

    assert before == again != after


def _sample(**fields: Any) -> dict[str, Any]:
    turns = [
        {"speaker": "Ann", "dia_id": "D1:1", "text": "Look at this."},
        {"speaker": "Bob", "dia_id": "D1:2", "text": "Nice ", "blip_caption": "a red kite"},
    ]
    conversation = {"session_1_date_time": "1:56 pm on 8 May, 2023", "session_1": turns}
    return {"sample_id": "conv-1", "conversation": conversation, "qa": [], **fields}


def test_a_published_conversation_becomes_entries(tmp_path: Path) -> None:
    file = tmp_path / "raw.json"
    file.write_text(json.dumps([_sample()]), encoding="utf-8")

    second = read_locomo(file).entries[1]

    assert second.namespace == "conv-1"
    assert second.draft == EntryDraft(
        id="conv-1/D1:2",
        text="Nice [shares a red kite]",
        metadata={"turn": "D1:2", "image_caption": "a red kite"},
        session="1",
        turn=2,
        speaker="Bob",
        event_time=datetime(2023, 5, 8, 13, 56, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("evidence", "gold"),
    [
        (["D1:1"], {"D1:1"}),
        (["D1:1; D1:2"], {"D1:1", "D1:2"}),
        (["D1:1 D1:2"], {"D1:1", "D1:2"}),
        (["D:1:2"], {"D1:2"}),
        (["D1:02"], {"D1:2"}),
        (["D"], set()),
        (["D9:9"], set()),
        ([], set()),
    ],
)
def test_evidence_is_repaired_or_dropped(
    tmp_path: Path, evidence: list[str], gold: set[str]
) -> None:
    asked = {"question": "What?", "category": 4, "evidence": evidence}
    file = tmp_path / "raw.json"
    file.write_text(json.dumps([_sample(qa=[asked])]), encoding="utf-8")

    question = read_locomo(file).questions[0]

    assert question.gold == {f"conv-1/{turn}": 1 for turn in gold}
    assert question.category == "single-hop"


@pytest.mark.parametrize("content", ["{", "[1]", '[{"sample_id": "a"}]'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "raw.json"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(InvalidInputError):
        read_locomo(file)


@pytest.mark.skipif("DATA" not in os.environ, reason="DATA names no folder of evaluation sets")
def test_both_forms_of_locomo_say_the_same() -> None:
    folder = Path(os.environ["DATA"]) / "locomo"

    uniform, raw = read_set(folder), read_locomo(folder / "raw" / "locomo10.json")

    assert raw.entries == uniform.entries
    assert [(asked.id, asked.category, asked.gold) for asked in raw.questions] == [
        (asked.id, asked.category, asked.gold) for asked in uniform.questions
    ]
