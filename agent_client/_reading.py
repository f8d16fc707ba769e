"""From answers to results."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from agent_client import models
from agent_client._decoding import decode
from agent_client.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def reader(kind: type[T]) -> Callable[[Answer], T]:
    """Reads the answer of a call that changes nothing."""
    return lambda answer: decode(kind, content_of(answer))


def read_outcome(answer: Answer) -> models.Outcome:
    """The outcome of one entry."""
    return decode(models.Outcome, _write_content(answer))


def read_receipt(answer: Answer) -> models.Receipt:
    """The outcomes of several entries."""
    content = _write_content(answer)
    shared = {"position": content.get("position", ""), "replayed": content["replayed"]}
    outcomes = _objects(content, "outcomes")
    return decode(models.Receipt, {**content, "outcomes": [shared | one for one in outcomes]})


def write_reader(kind: type[T]) -> Callable[[Answer], T]:
    """Reads the answer of another write."""
    return lambda answer: decode(kind, _write_content(answer))


def read_recall(answer: Answer) -> models.Recall:
    """The answer to one query."""
    return decode(models.Recall, content_of(answer))


def read_recalls(answer: Answer) -> models.RecallBatch:
    """The answers to several queries; what they share stands once in the answer."""
    content = content_of(answer)
    shared = {name: value for name, value in content.items() if name != "answers"}
    answers = [shared | one for one in _objects(content, "answers")]
    return decode(models.RecallBatch, {"answers": answers})


def content_of(answer: Answer) -> dict[str, Any]:
    """The object in an answer's body.

    Raises:
        ProtocolError: If there is none.
    """
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ProtocolError(f"the answer ({answer.status}) is not a JSON object")
    return content


def _write_content(answer: Answer) -> dict[str, Any]:
    """The body of a write's answer, and whether it is a replay."""
    replayed = answer.headers.get("idempotent-replayed") == "true"
    return {**content_of(answer), "replayed": replayed}


def read_position(answer: Answer) -> str:
    """The service's place in its change log after a write; empty when it does not say."""
    return answer.headers.get("memory-position", "")


def read_namespaces(answer: Answer) -> tuple[models.NamespaceSummary, ...]:
    """Every namespace."""
    listed = _objects(content_of(answer), "namespaces")
    return tuple(decode(models.NamespaceSummary, one) for one in listed)


def _objects(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = content.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ProtocolError(f"the answer has no list of objects at /{name}")
    return found
