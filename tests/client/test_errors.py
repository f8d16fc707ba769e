"""Every code of the contract has a class; what is unknown is handled."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

from agent_client import ProtocolError, ResponseError, UnavailableError, errors
from agent_client._problems import CLASSES, error_of
from tests.client.support import Daemon, answer, client

CONTRACT = Path(__file__, "..", "..", "..", "docs", "http-api.md").resolve()


def contract_codes() -> set[str]:
    """The codes of the table under `Problems`."""
    table = CONTRACT.read_text("utf-8").split("| Status | Codes |")[1]
    return set(re.findall(r"`([a-z_]+)`", table))


def error_classes(base: type[Exception]) -> set[type[Exception]]:
    below = base.__subclasses__()
    return {base, *below, *(kind for one in below for kind in error_classes(one))}


def test_the_codes_with_a_class_are_those_of_the_contract() -> None:
    assert set(CLASSES) == contract_codes()


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"[─\n] *(\w+Error)\b", errors.__doc__ or ""))
    assert drawn - {"ClientClosedError"} == {
        kind.__name__ for kind in error_classes(errors.MemoryClientError)
    }


@pytest.mark.parametrize("status", [400, 401, 404, 409, 418, 421, 422, 429, 500, 502, 503, 599])
def test_an_unknown_code_keeps_its_word_and_gets_the_class_of_its_status(status: int) -> None:
    body = b'{"code": "from_the_future", "detail": "d", "status": 1, "new": {}}'

    error = error_of(status, {}, body)

    assert isinstance(error, ResponseError)
    assert (error.status, error.code) == (status, "from_the_future")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"code": 3}', b"\xff"])
def test_a_failure_without_a_problem_in_it_is_still_told_apart(body: bytes) -> None:
    error = error_of(503, {"retry-after": "soon", "x-request-id": "r"}, body)

    assert isinstance(error, UnavailableError)
    assert (error.code, error.retry_after, error.request_id) == ("http_503", None, "r")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"status": 1, "id": "a"}', b'{"status": "created"}'],
)
def test_an_answer_that_cannot_be_read_is_a_protocol_error(body: bytes) -> None:
    daemon = Daemon([httpx2.Response(200, content=body)])

    with pytest.raises(ProtocolError):
        client(daemon).remember("text")


def test_an_unreadable_answer_is_told_by_place_never_by_its_words() -> None:
    daemon = Daemon([answer(200, {"status": "created", "id": ["secret"]})])

    with pytest.raises(ProtocolError, match="/id") as caught:
        client(daemon).remember("text")

    assert "secret" not in str(caught.value)
