"""What making, configuring and dropping a namespace does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import InvalidInputError
from memory_service.model.read import ChangeKind
from memory_service.model.write import Outcome, OutcomeStatus
from memory_service.store.chain import NO_NONCE, payload_digest
from memory_service.store.payload import NOTHING, settings_payload
from memory_service.store.records import (
    NamespaceRow,
    SettingRow,
    ShelfConfigured,
    ShelfDropped,
    ShelfOpened,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from memory_service.model.write import ConfigureNamespace
    from memory_service.store.making import Making
    from memory_service.store.stage import Stage, StagedShelf

#: The settings a namespace has.
LANGUAGE = "language"


def opened(stage: Stage, name: str, language: str) -> StagedShelf:
    """The namespace; made, numbered by the change to come, if it is not there."""
    shelf = stage.shelf(name)
    if shelf is None:
        number = stage.next_seq
        stage.do(ShelfOpened(number, name, {LANGUAGE: language}))
        stage.rows.namespaces.append(NamespaceRow(number, number, name, dropped=False))
        stage.rows.settings.append(SettingRow(number, number, LANGUAGE, language))
        shelf = stage.shelf(name)
    if shelf is None:
        raise LookupError(name)
    return shelf


def configure(
    making: Making, stage: Stage, name: str, configure: ConfigureNamespace, now: datetime
) -> Outcome:
    """Make the namespace if it is not there, and set its settings.

    Raises:
        InvalidInputError: If there is no such setting or language, or the language of a
            namespace that holds entries is to change.
    """
    _check(making, configure.settings)
    there = stage.shelf(name)
    language = configure.settings.get(LANGUAGE)
    if there and language in (None, there.settings[LANGUAGE]):
        return Outcome(status=OutcomeStatus.DUPLICATE, id=name)
    if there and there.entries:
        raise InvalidInputError(
            "The language of a namespace can be set only while it is empty; drop it, or use "
            "another one.",
            field=f"/settings/{LANGUAGE}",
        )
    shelf = opened(stage, name, language or making.default_language)
    settings = {**shelf.settings, LANGUAGE: language or shelf.settings[LANGUAGE]}
    digest = payload_digest(NO_NONCE, settings_payload(settings))
    seq = stage.change(ChangeKind.NAMESPACE, shelf, now=now, digest=digest)
    if there:
        stage.rows.settings.append(SettingRow(shelf.number, seq, LANGUAGE, settings[LANGUAGE]))
        stage.do(ShelfConfigured(name, settings))
    return Outcome(status=OutcomeStatus.UPDATED if there else OutcomeStatus.CREATED, id=name)


def _check(making: Making, settings: Mapping[str, str]) -> None:
    for key, value in settings.items():
        if key != LANGUAGE:
            raise InvalidInputError(
                f"There is no setting {key!r:.60}; there is {LANGUAGE!r}.",
                field=f"/settings/{key:.60}",
            )
        try:
            making.analyser(value)
        except InvalidInputError as error:
            raise InvalidInputError(error.detail, field=f"/settings/{key}") from error


def drop(stage: Stage, name: str, now: datetime) -> Outcome:
    """Forget every entry and the namespace.  The rows of its entries die with its number."""
    shelf = stage.shelf(name)
    if shelf is None:
        return Outcome(status=OutcomeStatus.MISSING, id=name)
    digest = payload_digest(NO_NONCE, NOTHING)
    seq = stage.change(ChangeKind.DROP, shelf, now=now, digest=digest)
    held = shelf.entries
    stage.rows.namespaces.append(NamespaceRow(shelf.number, seq, name, dropped=True))
    stage.do(ShelfDropped(name))
    return Outcome(status=OutcomeStatus.FORGOTTEN, id=name, entries=held)
