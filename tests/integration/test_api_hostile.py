"""Whatever is sent, the answer is one of ours and never a fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_service.api.schemas import EntryBody, ForgetBody, NamespaceBody, RecallBody
from tests.support.clock import ManualClock
from tests.support.daemon_app import ENTRIES, RECALL, a_service, an_engine, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

FIELDS = sorted(
    {
        name
        for model in (EntryBody, RecallBody, ForgetBody, NamespaceBody)
        for name in model.model_fields
    }
    | {"entries", "and", "or", "not", "eq", "in", "gt", "language", "metadata.x"}
)
names = st.sampled_from(FIELDS) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
JSON = {"Content-Type": "application/json"}
ADDRESSES = [
    ("POST", ENTRIES),
    ("PUT", f"{ENTRIES}/a"),
    ("PATCH", f"{ENTRIES}/a"),
    ("POST", f"{ENTRIES}:forget"),
    ("POST", RECALL),
    ("PUT", "/v1/namespaces/other"),
]


@pytest.fixture(scope="module")
def shared() -> Iterator[TestClient]:
    engine = an_engine(ManualClock())
    with serving(a_service(engine)) as client:
        client.put(f"{ENTRIES}/a", json={"text": "words"})
        yield client
    engine.close()


@settings(max_examples=150)
@given(address=st.sampled_from(ADDRESSES), value=values)
def test_any_json_gets_an_answer_of_ours(
    shared: TestClient, address: tuple[str, str], value: object
) -> None:
    answer = shared.request(*address, content=json.dumps(value), headers=JSON)

    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["code"]


@settings(max_examples=100)
@given(address=st.sampled_from(ADDRESSES), content=st.binary(max_size=60))
def test_any_bytes_get_an_answer_of_ours(
    shared: TestClient, address: tuple[str, str], content: bytes
) -> None:
    assert shared.request(*address, content=content, headers=JSON).status_code < 500


@settings(max_examples=100)
@given(entry_id=st.text(max_size=20), cursor=st.text(max_size=20), filter=values)
def test_any_address_gets_an_answer_of_ours(
    shared: TestClient, entry_id: str, cursor: str, filter: object
) -> None:
    one = shared.get(f"{ENTRIES}/{quote(entry_id, safe='')}")
    many = shared.get(ENTRIES, params={"cursor": cursor, "filter": json.dumps(filter)})

    assert one.status_code < 500, one.text
    assert many.status_code < 500, many.text
