"""An engine as the settings make it, with and without a reranker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memory_service.app import create_engine
from memory_service.engine.requests import RememberRequest
from memory_service.errors import ModelRefusedError
from memory_service.model.recall import CutMode, OnNone, QueryAnswer, RecallRequest
from memory_service.settings import Settings
from tests.support.builders import a_draft
from tests.support.stars import STARS

if TYPE_CHECKING:
    from pathlib import Path


def the_answer(folder: Path, reranker: Path | None) -> QueryAnswer:
    """What a new engine over the folder, which is filled once, says of a comet."""
    engine = create_engine(Settings(data_folder=folder, model="hashing", reranker=reranker))
    drafts = tuple(a_draft(str(number), text) for number, text in enumerate(STARS))
    try:
        engine.remember(RememberRequest(namespace="ns", drafts=drafts))
        return engine.recall(
            RecallRequest(namespace="ns", queries=("comet",), cut=CutMode.OFF, on_none=OnNone.BEST)
        ).answers[0]
    finally:
        engine.close()


def test_one_that_is_set_has_a_share_in_the_order_and_the_same_after_a_restart(
    cross_encoder: Path, tmp_path: Path
) -> None:
    plain = the_answer(tmp_path, None)

    first, second = [the_answer(tmp_path, cross_encoder) for _ in range(2)]

    assert "rerank" in first.timings.keys() - plain.timings.keys()
    assert first.degraded == ()
    assert [hit.why["reranker"] for hit in first.hits] != [0.0] * len(STARS)
    assert first.hits == second.hits
    assert {hit.entry.id for hit in first.hits} == {hit.entry.id for hit in plain.hits}
    assert first.evidence == plain.evidence


def test_a_folder_that_holds_none_keeps_it_from_starting_and_the_data_free(
    cross_encoder: Path, small_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelRefusedError, match="choose another cross-encoder"):
        the_answer(tmp_path, small_model)

    assert the_answer(tmp_path, cross_encoder).degraded == ()
