"""Requests: no sockets, no clock, the same for both faces."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from agent_client import _reading, models
from agent_client._encoding import entry_payload, json_bytes, path, query_string
from agent_client._problems import error_of
from agent_client.errors import (
    AllEndpointsFailedError,
    TransportError,
    UnavailableError,
    UnsendableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent_client._batching import Batch
    from agent_client._reading import Answer

T = TypeVar("T")
#: How a node says that it is not ready, or does not answer at all.
NOT_READY = (UnavailableError, TransportError, AllEndpointsFailedError)
_JSON = {"content-type": "application/json"}
#: Copying a large store takes minutes, and says nothing before it is done.
_COPY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request, and how its answer is read.

    Sending it twice does no harm: it reads, or it carries an idempotency key.

    Args:
        target: Path and query.
        read: From a good answer to the result.
        deadline: Seconds the whole call may take; `None` for as long as the retries may.
        retried: Whether it is sent again after a failure that may pass.
        patience: Seconds an attempt waits for its answer; as long as any other if `None`.
    """

    method: str
    target: str
    read: Callable[[Answer], T]
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None
    retried: bool = True
    patience: float | None = None


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


def entries_path(namespace: str, *rest: str) -> str:
    """`/v1/namespaces/NS/entries…`."""
    return path("v1", "namespaces", namespace, "entries", *rest)


def remember_one(
    namespace: str, entry: models.NewEntry, options: RememberOptions, write: Write
) -> Call[models.Outcome]:
    """One entry; a refusal comes as an error."""
    body = json_bytes(entry_payload(entry))
    return _post_entries(namespace, body, options, write, _reading.read_outcome)


def remember_some(
    namespace: str, batch: Batch, options: RememberOptions, write: Write
) -> Call[models.Receipt]:
    """Several entries; a refusal comes as an outcome."""
    return _post_entries(namespace, batch.body(), options, write, _reading.read_receipt)


def _post_entries(
    namespace: str,
    body: bytes,
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
    headers = {**_JSON, **write.headers()}
    target = entries_path(namespace) + query
    return Call(method="POST", target=target, read=read, body=body, headers=headers)


def update(
    namespace: str,
    entry_id: str,
    changes: Mapping[str, object],
    embed: models.EmbedMode,
    write: Write,
) -> Call[models.Outcome]:
    """Change the fields named; `None` clears one."""
    target = entries_path(namespace, entry_id) + query_string({"embed": embed})
    return _json_call("PATCH", target, changes, _reading.read_outcome, write=write)


def forget(
    namespace: str,
    entry_id: str | None,
    filter: models.FilterSpec | None,
    write: Write,
    *,
    dry_run: bool,
    purge: bool,
) -> Call[models.Outcome | models.ForgetReport]:
    """Forget an entry, or what matches; *purge* deletes what they say for good.

    Raises:
        TypeError: If neither or both are given: forgetting everything must be said.
    """
    if entry_id is not None and filter is None:
        target = entries_path(namespace, entry_id) + ("?purge=true" if purge else "")
        return Call(
            method="DELETE", target=target, read=_reading.read_outcome, headers=write.headers()
        )
    if entry_id is not None or filter is None:
        raise TypeError("forget takes either an id or filter=…; to forget all, drop_namespace")
    target = path("v1", "namespaces", namespace) + "/entries:forget"
    payload = {"filter": filter, "dry_run": dry_run} | ({"purge": True} if purge else {})
    return _json_call(
        "POST", target, payload, _reading.write_reader(models.ForgetReport), write=write
    )


def restore(
    namespace: str,
    entry_ids: str | Sequence[str] | None,
    filter: models.FilterSpec | None,
    write: Write,
    dry_run: bool,
) -> Call[models.RestoreReport]:
    """Take back that entries were forgotten.

    Raises:
        TypeError: If neither or both of ids and filter are given.
    """
    if (entry_ids is None) == (filter is None):
        raise TypeError("restore takes either ids or filter=…")
    target = path("v1", "namespaces", namespace) + "/entries:restore"
    payload: dict[str, object] = {"filter": filter, "dry_run": dry_run}
    if entry_ids is not None:
        payload = {"ids": [entry_ids] if isinstance(entry_ids, str) else list(entry_ids)}
    read = _reading.write_reader(models.RestoreReport)
    return _json_call("POST", target, payload, read, write=write)


def get(namespace: str, entry_id: str, as_of: models.Moment | None) -> Call[models.Entry]:
    """One entry, as it is or was."""
    target = entries_path(namespace, entry_id) + query_string({"as_of": as_of})
    return _get(target, models.Entry)


def history(namespace: str, entry_id: str, limit: int) -> Call[models.History]:
    """The versions of one entry."""
    target = entries_path(namespace, entry_id) + query_string({"history": limit})
    return _get(target, models.History)


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
    query: str | Sequence[str],
    options: models.RecallOptions,
    deadline: float | None,
) -> Call[models.Recall | models.RecallBatch]:
    """One query or several.

    Raises:
        UnsendableError: If the deadline is no finite number.
    """
    if deadline is not None and not math.isfinite(deadline):
        raise UnsendableError(f"a deadline must be a finite number of seconds, not {deadline}")
    target = path("v1", "namespaces", namespace, "recall")
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(query, str):
        return _json_call(
            "POST", target, {"query": query, **given}, _reading.read_recall, deadline=deadline
        )
    asked = {"queries": tuple(query), **given}
    return _json_call("POST", target, asked, _reading.read_recalls, deadline=deadline)


def namespaces() -> Call[tuple[models.NamespaceSummary, ...]]:
    """Every namespace."""
    return Call(method="GET", target="/v1/namespaces", read=_reading.read_namespaces)


def configure_namespace(name: str, settings: models.NamespaceSettings, write: Write) -> Call[str]:
    """Create a namespace, or change its settings."""
    target = path("v1", "namespaces", name)
    read = _reading.read_position
    return _json_call("PUT", target, {"settings": settings}, read, write=write)


def drop_namespace(name: str, write: Write) -> Call[models.Dropped]:
    """Forget a namespace and all it holds."""
    target = path("v1", "namespaces", name)
    read = _reading.write_reader(models.Dropped)
    return Call(method="DELETE", target=target, read=read, headers=write.headers())


def status() -> Call[models.Status]:
    """The node in figures."""
    return _get("/v1/status", models.Status)


def reembed() -> Call[models.ReembedReport]:
    """Have the node look which model is to serve."""
    target = "/v1/reembed"
    read = _reading.reader(models.ReembedReport)
    return Call(method="POST", target=target, read=read)


def ready() -> Call[bool]:
    """Whether the node takes requests."""
    return Call(method="GET", target="/readyz", read=lambda _: True, retried=False)


def make_backup() -> Call[models.Backup]:
    """Copy the store, to be read in parts."""
    return _long("/v1/backups", models.Backup)


def read_backup(backup: str, offset: int) -> Call[bytes]:
    """A part of a backup."""
    target = path("v1", "backups", backup) + query_string({"offset": offset})
    return Call(method="GET", target=target, read=lambda answer: answer.body)


def drop_backup(backup: str) -> Call[None]:
    """Give a backup up."""
    target = path("v1", "backups", backup)
    return Call(method="DELETE", target=target, read=lambda _: None)


def compact() -> Call[models.Compacted]:
    """Write the store anew."""
    return _long("/v1/compact", models.Compacted)


def _long(target: str, kind: type[T]) -> Call[T]:
    read = _reading.reader(kind)
    return Call(method="POST", target=target, read=read, retried=False, patience=_COPY_SECONDS)


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
    headers = {**_JSON, **(write.headers() if write else {})}
    body = json_bytes(payload)
    return Call(
        method=method, target=target, read=read, body=body, headers=headers, deadline=deadline
    )


def _get(target: str, kind: type[T]) -> Call[T]:
    return Call(method="GET", target=target, read=_reading.reader(kind))
