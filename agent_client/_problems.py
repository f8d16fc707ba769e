"""From the service's problem details to this client's errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent_client import errors
from agent_client._decoding import decode
from agent_client.models import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The class of every code of `docs/http-api.md`.
CLASSES: Mapping[str, type[errors.ResponseError]] = {
    "invalid_input": errors.InvalidInputError,
    "blank_text": errors.InvalidInputError,
    "text_too_long": errors.InvalidInputError,
    "forbidden_character": errors.InvalidInputError,
    "not_finite": errors.InvalidInputError,
    "invalid_id": errors.InvalidInputError,
    "invalid_namespace": errors.InvalidInputError,
    "invalid_filter": errors.InvalidInputError,
    "invalid_limit": errors.InvalidInputError,
    "invalid_cursor": errors.InvalidInputError,
    "malformed_body": errors.InvalidInputError,
    "malformed_line": errors.InvalidInputError,
    "too_many_entries": errors.InvalidInputError,
    "unsupported_media_type": errors.InvalidInputError,
    "idempotency_key_reused": errors.InvalidInputError,
    "unauthorized": errors.AccessError,
    "forbidden_origin": errors.AccessError,
    "entry_not_found": errors.EntryNotFoundError,
    "namespace_not_found": errors.NamespaceNotFoundError,
    "backup_not_found": errors.NotFoundError,
    "route_not_found": errors.NotFoundError,
    "method_not_allowed": errors.NotFoundError,
    "id_taken": errors.IdTakenError,
    "version_conflict": errors.VersionConflictError,
    "conflict": errors.ConflictError,
    "backup_in_progress": errors.ConflictError,
    "idempotency_in_progress": errors.IdempotencyInProgressError,
    "unavailable": errors.UnavailableError,
    "not_ready": errors.NotReadyError,
    "not_primary": errors.NotPrimaryError,
    "deadline_exceeded": errors.DeadlineExceededError,
    "internal": errors.ServiceError,
    "storage": errors.ServiceError,
    "corrupt_store": errors.CorruptStoreError,
    "damaged_log": errors.CorruptStoreError,
    "damaged": errors.DamagedError,
    "storage_full": errors.StorageFullError,
    "sync_failed": errors.ServiceError,
}

_BY_STATUS: Mapping[int, type[errors.ResponseError]] = {
    401: errors.AccessError,
    403: errors.AccessError,
    404: errors.NotFoundError,
    405: errors.NotFoundError,
    409: errors.ConflictError,
    412: errors.ConflictError,
    421: errors.NotPrimaryError,
    429: errors.UnavailableError,
    503: errors.UnavailableError,
}


def error_of(
    status: int, headers: Mapping[str, str], body: bytes
) -> errors.ResponseError | errors.ProtocolError:
    """The error of an answer that is not a success."""
    if status < 400:
        return errors.ProtocolError(f"an answer with status {status}; redirects are not followed")
    content = _object_in(body)
    problem = _problem_in(content) or Problem(
        code=f"http_{status}", detail=f"an answer with status {status} without a problem in it"
    )
    kind = CLASSES.get(problem.code) or _class_of_status(status)
    return kind(
        status=status,
        problem=problem,
        request_id=_request_id(content, headers),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _class_of_status(status: int) -> type[errors.ResponseError]:
    other = errors.InvalidInputError if status < 500 else errors.ServiceError
    return _BY_STATUS.get(status, other)


def _problem_in(content: Mapping[str, object]) -> Problem | None:
    try:
        return decode(Problem, content)
    except errors.ProtocolError:
        return None


def _request_id(content: Mapping[str, object], headers: Mapping[str, str]) -> str:
    instance = content.get("instance")
    return instance if isinstance(instance, str) else headers.get("x-request-id", "")


def _object_in(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(value: str | None) -> float | None:
    """`Retry-After` in seconds; its other form, a date, would need a common clock."""
    return float(value) if value is not None and value.isdecimal() else None
