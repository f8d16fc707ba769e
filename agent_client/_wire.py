"""Requests and how their answers are read: no sockets, no clock, the same for both faces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from agent_client import models
from agent_client._decoding import decode
from agent_client._encoding import entry_payload, json_bytes, path, query_string
from agent_client._problems import error_of
from agent_client.errors import ProtocolError, UnsendableError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request, and how its answer is read.

    Args:
        target: Path and query.
        read: From a good answer to the result.
        repeatable: Whether sending it twice does no harm: a read, or a write with a key.
        deadline: Seconds the whole call may take; `None` for as long as the retries may.
    """

    method: str
    target: str
    read: Callable[[Answer], T]
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    deadline: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """How a write is named and guarded."""

    key: str
    if_version: int | None = None

    def headers(self) -> dict[str, str]:
        """The key, and the version the entry must have."""
        if not (self.key.isascii() and self.key.isprintable() and self.key):
            raise UnsendableError("an idempotency key must be visible ASCII characters")
        headers = {"idempotency-key": self.key}
        if self.if_version is not None:
            headers["if-match"] = f'"{self.if_version}"'
        return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberOptions:
    """What goes with entries to remember."""

    on_conflict: models.OnConflict
    collapse: bool
    embed: models.EmbedMode


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallOptions:
    """What goes with queries; `None` leaves the choice to the service."""

    limit: int | None
    min_k: int | None
    cut: models.CutMode | None
    min_score: float | None
    budget_tokens: int | None
    on_none: models.OnNone | None
    filter: models.FilterSpec | None
    timings: bool

    def payload(self) -> dict[str, object]:
        """Those that are set."""
        every = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in every.items() if value not in (None, False)}


def entries_path(namespace: str, *rest: str) -> str:
    """`/v1/namespaces/NS/entries…`."""
    return path("v1", "namespaces", namespace, "entries", *rest)


def remember_one(
    namespace: str, entry: models.NewEntry, options: RememberOptions, write: Write
) -> Call[models.Outcome]:
    """One entry; a refusal comes as an error."""
    return _post_entries(namespace, entry_payload(entry), options, write, read_outcome)


def remember_some(
    namespace: str, entries: Sequence[models.NewEntry], options: RememberOptions, write: Write
) -> Call[models.Receipt]:
    """Several entries; a refusal comes as an outcome."""
    body = {"entries": [entry_payload(entry) for entry in entries]}
    return _post_entries(namespace, body, options, write, read_receipt)


def _post_entries(
    namespace: str,
    payload: Mapping[str, object],
    options: RememberOptions,
    write: Write,
    read: Callable[[Answer], T],
) -> Call[T]:
    query = query_string(
        {
            "on_conflict": options.on_conflict,
            "collapse": options.collapse,
            "embed": options.embed,
        }
    )
    return _json_call("POST", entries_path(namespace) + query, payload, read, write=write)


def update(
    namespace: str,
    entry_id: str,
    changes: Mapping[str, object],
    embed: models.EmbedMode,
    write: Write,
) -> Call[models.Outcome]:
    """Change the fields named; `None` clears one."""
    target = entries_path(namespace, entry_id) + query_string({"embed": embed})
    return _json_call("PATCH", target, changes, read_outcome, write=write)


def forget_one(namespace: str, entry_id: str, write: Write) -> Call[models.Outcome]:
    """Forget an entry."""
    target = entries_path(namespace, entry_id)
    return Call(method="DELETE", target=target, read=read_outcome, headers=write.headers())


def forget_matching(
    namespace: str, filter: models.FilterSpec, write: Write, *, dry_run: bool
) -> Call[models.ForgetReport]:
    """Forget what matches, or only count it."""
    target = path("v1", "namespaces", namespace) + "/entries:forget"
    payload = {"filter": filter, "dry_run": dry_run}
    return _json_call("POST", target, payload, write_reader(models.ForgetReport), write=write)


def get(namespace: str, entry_id: str) -> Call[models.Entry]:
    """One entry."""
    return _get(entries_path(namespace, entry_id), models.Entry)


def neighbours(namespace: str, entry_id: str, count: int) -> Call[models.Neighbours]:
    """The entries around one in its session."""
    target = entries_path(namespace, entry_id) + query_string({"neighbours": count})
    return _get(target, models.Neighbours)


def page(namespace: str, **parameters: object) -> Call[models.Page]:
    """One page of a namespace."""
    return _get(entries_path(namespace) + query_string(parameters), models.Page)


def sessions(namespace: str, **parameters: object) -> Call[models.SessionPage]:
    """One page of a namespace's sessions."""
    target = path("v1", "namespaces", namespace, "sessions") + query_string(parameters)
    return _get(target, models.SessionPage)


def session(namespace: str, name: str, **parameters: object) -> Call[models.Page]:
    """One page of a session."""
    target = path("v1", "namespaces", namespace, "sessions", name) + query_string(parameters)
    return _get(target, models.Page)


def recall(
    namespace: str,
    asked: Mapping[str, object],
    options: RecallOptions,
    deadline: float | None,
    read: Callable[[Answer], T],
) -> Call[T]:
    """One query or several, as *asked* says: `{"query": …}` or `{"queries": […]}`."""
    target = path("v1", "namespaces", namespace, "recall")
    return _json_call("POST", target, {**asked, **options.payload()}, read, deadline=deadline)


def namespaces() -> Call[tuple[models.NamespaceSummary, ...]]:
    """Every namespace."""
    return Call(method="GET", target="/v1/namespaces", read=_read_namespaces)


def configure_namespace(name: str, settings: Mapping[str, str], write: Write) -> Call[str]:
    """Create a namespace, or change its settings."""
    target = path("v1", "namespaces", name)
    return _json_call("PUT", target, {"settings": settings}, _read_position, write=write)


def drop_namespace(name: str, write: Write) -> Call[models.Dropped]:
    """Forget a namespace and all it holds."""
    target = path("v1", "namespaces", name)
    read = write_reader(models.Dropped)
    return Call(method="DELETE", target=target, read=read, headers=write.headers())


def status() -> Call[models.Status]:
    """The node in figures."""
    return _get("/v1/status", models.Status)


def ready() -> Call[bool]:
    """Whether the node takes requests."""
    return Call(method="GET", target="/readyz", read=lambda _: True)


def read_outcome(answer: Answer) -> models.Outcome:
    """The outcome of one entry."""
    return decode(models.Outcome, _with_write_headers(answer))


def read_receipt(answer: Answer) -> models.Receipt:
    """The outcomes of several entries."""
    content = _with_write_headers(answer)
    shared = {"position": content.get("position", ""), "replayed": content["replayed"]}
    outcomes = _objects(content, "outcomes")
    return decode(models.Receipt, {**content, "outcomes": [shared | one for one in outcomes]})


def write_reader(kind: type[T]) -> Callable[[Answer], T]:
    """Reads the answer of another write."""
    return lambda answer: decode(kind, _with_write_headers(answer))


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
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ProtocolError(f"the answer ({answer.status}) is not a JSON object")
    return content


def result_of(call: Call[T], answer: Answer) -> T:
    """The call's result.

    Raises:
        ResponseError: If the service refused or failed.
        ProtocolError: If the answer cannot be read.
    """
    if 200 <= answer.status < 300:
        return call.read(answer)
    raise error_of(answer.status, answer.headers, answer.body)


def _json_call(
    method: str,
    target: str,
    payload: Mapping[str, object],
    read: Callable[[Answer], T],
    *,
    write: Write | None = None,
    deadline: float | None = None,
) -> Call[T]:
    headers = {"content-type": "application/json", **(write.headers() if write else {})}
    body = json_bytes(payload)
    return Call(
        method=method, target=target, read=read, body=body, headers=headers, deadline=deadline
    )


def _get(target: str, kind: type[T]) -> Call[T]:
    return Call(method="GET", target=target, read=lambda answer: decode(kind, content_of(answer)))


def _with_write_headers(answer: Answer) -> dict[str, Any]:
    """The body, with what the headers add to the answer of a write."""
    replayed = answer.headers.get("idempotent-replayed") == "true"
    position = {"position": _read_position(answer)} if "memory-position" in answer.headers else {}
    return {**position, **content_of(answer), "replayed": replayed}


def _read_position(answer: Answer) -> str:
    return answer.headers.get("memory-position", "")


def _read_namespaces(answer: Answer) -> tuple[models.NamespaceSummary, ...]:
    listed = _objects(content_of(answer), "namespaces")
    return tuple(decode(models.NamespaceSummary, one) for one in listed)


def _objects(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = content.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ProtocolError(f"the answer has no list of objects at /{name}")
    return found
