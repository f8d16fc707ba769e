"""The demo's conversation is sound, and its questions point into it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.locomo_raw import read_locomo
from benchmarks.story import Told, locomo_story, own_story

if TYPE_CHECKING:
    from pathlib import Path


def test_the_conversation_has_turns_in_order_and_ids_of_its_own() -> None:
    story = own_story()

    places = [(draft.event_time, draft.turn) for draft in story.drafts]
    assert len({draft.id for draft in story.drafts}) == len(story.drafts)
    assert places == sorted(places)
    assert {draft.speaker for draft in story.drafts} == {"Nora", "Wei"}


def test_every_answer_is_a_turn_and_one_question_has_none() -> None:
    story = own_story()

    turns = {draft.id for draft in story.drafts}
    assert all(asked.gold.keys() <= turns for asked in story.questions)
    assert [bool(asked.gold) for asked in story.questions].count(False) == 1


def test_a_locomo_file_gives_its_first_conversation_and_a_question_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "raw.json"
    file.write_text(json.dumps([_sample("conv-1"), _sample("conv-2")]), encoding="utf-8")

    story = locomo_story(file)

    assert story.drafts == tuple(read_locomo(file).by_namespace()["conv-1"])
    assert [asked.text for asked in story.questions[:-1]] == ["One?", "Two?", "When?"]
    assert not story.questions[-1].gold
    assert not story.certain


@pytest.mark.parametrize(
    ("told", "complete"),
    [
        (Told(asked=8, found=8, foreign=1, refused=1), True),
        (Told(asked=8, found=7, foreign=1, refused=1), False),
        (Told(asked=8, found=8, foreign=1, refused=0), False),
    ],
)
def test_a_story_is_complete_when_every_question_went_well(told: Told, complete: bool) -> None:
    assert told.complete is complete


def _sample(name: str) -> dict[str, object]:
    turns = [{"speaker": "Ann", "dia_id": "D1:1", "text": "The kite is red."}]
    kinds = [("One?", 4), ("Two?", 4), ("Three?", 4), ("When?", 2), ("Trick?", 5)]
    return {
        "sample_id": name,
        "conversation": {"session_1_date_time": "1:56 pm on 8 May, 2023", "session_1": turns},
        "qa": [{"question": text, "category": kind, "evidence": ["D1:1"]} for text, kind in kinds],
    }
