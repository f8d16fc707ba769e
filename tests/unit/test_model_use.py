"""The model as the engine sees it: its state follows what happens to it."""

from __future__ import annotations

import pytest

from memory_service.embedding.hashing import HashingEmbedder
from memory_service.engine.model_use import ModelUse
from memory_service.engine.requests import ModelState, ModelStatus
from memory_service.errors import UnavailableError
from memory_service.model.entry import ContextualKey
from tests.support.faults import FlakyEmbedder

STATUS = ModelStatus(identity=None, source="test", state=ModelState.READY, detail="as found")


def test_it_fails_and_recovers_and_says_so_once_each_time() -> None:
    recoveries: list[str] = []
    embedder = FlakyEmbedder(HashingEmbedder())
    use = ModelUse(embedder, STATUS, on_recovery=lambda: recoveries.append("well"))

    use.queries(["one"])
    embedder.broken = True
    for _ in range(2):
        with pytest.raises(UnavailableError):
            use.queries(["two"])
    failing = use.status
    embedder.broken = False
    use.queries(["three"])
    use.queries(["four"])

    assert (failing.state, failing.detail) == (ModelState.FAILING, "broken by the test")
    assert use.status == STATUS
    assert recoveries == ["well"]
    assert use.embedded_texts == 3


def test_passages_are_the_models_windows_each_behind_the_header() -> None:
    embedder = FlakyEmbedder(HashingEmbedder(window=8))
    use = ModelUse(embedder, STATUS, on_recovery=lambda: None)
    key = ContextualKey(header="Ann: ", body=" ".join(f"word{number}" for number in range(20)))

    (passages,) = use.passages([key])

    assert [one.span for one in passages] == embedder.windows(key.header, key.body)
    for one in passages:
        text = key.header + key.body[one.span.start : one.span.stop]
        assert one.vector.tolist() == HashingEmbedder(window=8).embed([text])[0].tolist()


def test_without_a_model_nothing_is_embedded_and_the_state_stays() -> None:
    missing = ModelStatus(identity=None, source="", state=ModelState.MISSING, detail="none found")
    use = ModelUse(None, missing, on_recovery=lambda: None)

    with pytest.raises(UnavailableError):
        use.queries(["one"])

    assert not use.present
    assert use.status == missing
