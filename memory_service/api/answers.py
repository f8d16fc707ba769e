"""What callers get; each model is made from the engine's value and documents itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from memory_service.api.errors import FieldProblem, Problem, problem
from memory_service.engine.requests import ForgetReport, RestoreReport
from memory_service.model.entry import Entry, MetadataValue
from memory_service.model.expiry import EXPIRY_DAYS, days_of
from memory_service.model.history import Ended, Version
from memory_service.model.read import NamespaceSummary, SessionSummary
from memory_service.model.write import Outcome, OutcomeStatus, Receipt


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class EntryAnswer(Answer):
    """A remembered entry."""

    namespace: str
    id: str
    text: str
    summary: str | None
    kind: str | None
    scope: str | None
    tags: list[str]
    metadata: Mapping[str, MetadataValue]
    session: str | None
    turn: int | None
    speaker: str | None
    source: str | None
    event_time: datetime | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    content_hash: str = Field(description="SHA-256 of text, speaker, place and time, in hex.")
    embedded: bool = Field(description="False while it waits for its vector.")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The answer for *entry*."""
        return cls.model_validate(_entry_fields(entry))


def _entry_fields(entry: Entry) -> dict[str, object]:
    draft = entry.draft
    return {
        "namespace": entry.namespace,
        "id": draft.id,
        "text": draft.text,
        "summary": draft.summary,
        "kind": draft.kind,
        "scope": draft.scope,
        "tags": list(draft.tags),
        "metadata": draft.metadata,
        "session": draft.session,
        "turn": draft.turn,
        "speaker": draft.speaker,
        "source": draft.source,
        "event_time": draft.event_time,
        "expires_at": draft.expires_at,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
        "version": entry.version,
        "content_hash": draft.content_hash().hex(),
        "embedded": entry.embedded,
    }


class EntryWithNeighbours(EntryAnswer):
    """An entry and the turns around it in its session."""

    before: list[EntryAnswer] | None = Field(None, description="Only with `neighbours`.")
    after: list[EntryAnswer] | None = Field(None, description="Only with `neighbours`.")


class EntryPage(Answer):
    """One page of entries."""

    entries: list[EntryAnswer]
    next_cursor: str | None = Field(description="Where the next page starts; null at the end.")
    missing: int = Field(
        0,
        description="On the first page with `as_of`: how many entries of the namespace were there "
        "then and are not kept as they were, whatever the filter; else 0.",
    )


class OutcomeAnswer(Answer):
    """What became of one entry."""

    status: OutcomeStatus
    id: str
    version: int
    embedded: bool
    duplicate_of: list[str] = Field(description="Entries of equal content, oldest first.")
    error: Problem | None = Field(description="Why it was rejected; null otherwise.")

    @classmethod
    def of(cls, outcome: Outcome, request_id: str) -> Self:
        """The answer for *outcome*."""
        return cls.model_validate(_outcome_fields(outcome, request_id))


class SingleOutcome(OutcomeAnswer):
    """What became of the entry, and where the log is now."""

    position: str = Field(description="`EPOCH:SEQ:CHAIN`.")

    @classmethod
    def of_receipt(cls, receipt: Receipt, request_id: str) -> Self:
        """The answer for a receipt of one outcome."""
        fields = _outcome_fields(receipt.outcomes[0], request_id)
        return cls.model_validate(fields | {"position": str(receipt.position)})


def _outcome_fields(outcome: Outcome, request_id: str) -> dict[str, object]:
    return {
        "status": outcome.status,
        "id": outcome.id,
        "version": outcome.version,
        "embedded": outcome.embedded,
        "duplicate_of": list(outcome.duplicate_of),
        "error": rejection(outcome, request_id),
    }


def rejection(outcome: Outcome, request_id: str) -> Problem | None:
    """The problem of an outcome that was rejected."""
    if outcome.status is not OutcomeStatus.REJECTED:
        return None
    code, detail, field = outcome.error_code, outcome.error_detail, outcome.error_field
    parts = [FieldProblem(pointer=field, code=code, detail=detail)] if field else []
    return problem(code, detail, request_id, errors=parts)


class BatchAnswer(Answer):
    """The outcomes of a batch, in its order."""

    outcomes: list[OutcomeAnswer]
    position: str

    @classmethod
    def of(cls, receipt: Receipt, request_id: str) -> Self:
        """The answer for *receipt*."""
        outcomes = [OutcomeAnswer.of(outcome, request_id) for outcome in receipt.outcomes]
        return cls(outcomes=outcomes, position=str(receipt.position))


class ForgetAnswer(Answer):
    """What a filter matched and what was forgotten."""

    matched: int
    forgotten: int
    ids: list[str] = Field(description="The first 100.")
    position: str

    @classmethod
    def of(cls, report: ForgetReport) -> Self:
        """The answer for *report*."""
        return cls(
            matched=report.matched,
            forgotten=report.forgotten,
            ids=list(report.ids),
            position=str(report.position),
        )


class VersionAnswer(Answer):
    """An entry as it was, or is."""

    entry: EntryAnswer
    until: datetime | None = Field(description="When it ceased to be; null for the present one.")
    ended: Ended | None = Field(description="Why it ceased to be; null for the present one.")


class HistoryAnswer(Answer):
    """The versions of one entry that are kept, newest first."""

    versions: list[VersionAnswer]

    @classmethod
    def of(cls, versions: Sequence[Version]) -> Self:
        """The answer for *versions*."""
        return cls(
            versions=[
                VersionAnswer(entry=EntryAnswer.of(one.entry), until=one.until, ended=one.ended)
                for one in versions
            ]
        )


class RestoreAnswer(Answer):
    """What was meant and what came back."""

    matched: int
    restored: int
    ids: list[str] = Field(description="The first 100 that came back, or would.")
    refused: list[OutcomeAnswer] = Field(description="The first 100 that did not, and why.")
    position: str

    @classmethod
    def of(cls, report: RestoreReport, request_id: str) -> Self:
        """The answer for *report*."""
        return cls(
            matched=report.matched,
            restored=report.restored,
            ids=list(report.ids),
            refused=[OutcomeAnswer.of(one, request_id) for one in report.refused],
            position=str(report.position),
        )


class SessionAnswer(Answer):
    """A conversation."""

    session: str
    entries: int
    first_time: datetime | None
    last_time: datetime | None

    @classmethod
    def of(cls, summary: SessionSummary) -> Self:
        """The answer for *summary*."""
        return cls(
            session=summary.session,
            entries=summary.entries,
            first_time=summary.first_time,
            last_time=summary.last_time,
        )


class SessionPage(Answer):
    """One page of sessions."""

    sessions: list[SessionAnswer]
    next_cursor: str | None


class NamespaceAnswer(Answer):
    """A namespace."""

    name: str
    entries: int
    pending: int = Field(description="How many wait for their vectors.")
    settings: dict[str, str | Mapping[str, float]] = Field(
        description="`language`, and `expiry_days` by kind where they were set."
    )

    @classmethod
    def of(cls, summary: NamespaceSummary) -> Self:
        """The answer for *summary*."""
        return cls(
            name=summary.name,
            entries=summary.entries,
            pending=summary.pending,
            settings=_settings(summary.settings),
        )


def _settings(kept: Mapping[str, str]) -> dict[str, str | Mapping[str, float]]:
    """The settings with the form they are sent in."""
    return {key: days_of(value) if key == EXPIRY_DAYS else value for key, value in kept.items()}


class NamespaceList(Answer):
    """Every namespace."""

    namespaces: list[NamespaceAnswer]


class DropAnswer(Answer):
    """A namespace that is gone."""

    dropped: bool
    forgotten: int
    position: str
