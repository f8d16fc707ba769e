"""What making, configuring and dropping a namespace does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.errors import InvalidInputError
from memory_service.model.expiry import EXPIRY_DAYS, days_of, setting_of
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

#: The setting every namespace has; another is `expiry.EXPIRY_DAYS`.
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
        InvalidInputError: If a setting or its value is not acceptable, or the language of a
            namespace that holds entries is to change.
    """
    given = _checked(making, configure.settings)
    there = stage.shelf(name)
    held = there.settings if there else {}
    changes = {key: value for key, value in given.items() if held.get(key) != value}
    if there and not changes:
        return Outcome(status=OutcomeStatus.DUPLICATE, id=name)
    if there and there.entries and LANGUAGE in changes:
        raise InvalidInputError(
            "The language of a namespace can be set only while it is empty; drop it, or use "
            "another one.",
            field=f"/settings/{LANGUAGE}",
        )
    shelf = opened(stage, name, changes.get(LANGUAGE, making.default_language))
    settings = {**shelf.settings, **changes}
    digest = payload_digest(NO_NONCE, settings_payload(settings))
    seq = stage.change(ChangeKind.NAMESPACE, shelf, now=now, digest=digest)
    for key in changes.keys() - (() if there else (LANGUAGE,)):
        stage.rows.settings.append(SettingRow(shelf.number, seq, key, settings[key]))
    stage.do(ShelfConfigured(name, settings))
    return Outcome(status=OutcomeStatus.UPDATED if there else OutcomeStatus.CREATED, id=name)


def _checked(making: Making, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings in the form they are kept in."""
    return {key: _checked_value(making, key, value) for key, value in settings.items()}


def _checked_value(making: Making, key: str, value: str) -> str:
    if key == EXPIRY_DAYS:
        return setting_of(days_of(value))
    if key != LANGUAGE:
        raise InvalidInputError(
            f"There is no setting {key!r:.60}; there are {LANGUAGE!r} and {EXPIRY_DAYS!r}.",
            field=f"/settings/{key:.60}",
        )
    try:
        making.analyser(value)
    except InvalidInputError as error:
        raise InvalidInputError(error.detail, field=f"/settings/{key}") from error
    return value


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
