"""Every error the service can answer with.

    MemoryServiceError
    ├── InvalidInputError (ValueError)      the caller's input; nothing was changed
    │   ├── BlankTextError                  text or query without a visible character
    │   ├── TextTooLongError                text over 64 KiB of UTF-8
    │   ├── ForbiddenCharacterError         NUL, lone surrogate, control character in an id
    │   ├── NotFiniteError                  NaN or infinity where a number is wanted
    │   ├── InvalidIdError                  an id that is empty, over 512 bytes, `.` or `..`
    │   ├── InvalidNamespaceError           a name outside [A-Za-z0-9._-]{1,128}
    │   ├── InvalidFilterError              unknown field, unknown operator, wrong operand
    │   ├── InvalidLimitError               limit, min_k or depth out of range
    │   ├── InvalidCursorError              a cursor that was changed or belongs elsewhere
    │   ├── MalformedLineError              a line of a file that is not what it is to be
    │   ├── TooManyEntriesError             more entries or bytes than one call takes
    │   └── IdempotencyKeyReusedError       the key was used with another body
    ├── AccessError
    │   ├── UnauthorizedError               no key, or not the right one
    │   └── ForbiddenOriginError            Host or Origin is not ours
    ├── NotFoundError (LookupError)
    │   ├── EntryNotFoundError
    │   ├── NamespaceNotFoundError
    │   └── BackupNotFoundError             it was read to its end, or given up
    ├── ConflictError
    │   ├── IdTakenError                    the id holds other content
    │   ├── VersionConflictError            the entry is no longer at the version named
    │   ├── BackupInProgressError           another backup is being read
    │   └── IdempotencyInProgressError      the first call with this key still runs
    ├── UnavailableError                    later it may be answered
    │   ├── NotReadyError                   starting or stopping
    │   ├── NotPrimaryError                 this node does not write
    │   └── DeadlineExceededError
    ├── StorageError                        the store failed; the message says what to do
    │   ├── CorruptStoreError
    │   │   └── DamagedLogError             the database's log cannot be replayed
    │   ├── DamagedError                    the store lost changes; it is read, not written
    │   ├── StorageFullError
    │   └── SyncFailedError                 a sync failed; the process ends
    └── ConfigurationError                  at start only; exit code 2
        ├── PortInUseError
        ├── DataFolderHeldError             another daemon holds the folder's lock
        ├── EmbedderChangedError            the store was written with another model
        ├── ModelRefusedError               wrong hash, unsafe or incomplete model folder
        ├── ModelNotFoundError
        ├── BackupRefusedError              no backup, damaged, or not what its manifest says
        ├── SchemaTooNewError
        └── SchemaTooOldError               export with what wrote the store, import with this

The class says what happened; `code`, the word on the wire, is the class's name in snake
case without `Error`.  HTTP status numbers live in `api/errors.py` alone.
"""

from __future__ import annotations

import re
from typing import ClassVar

_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class MemoryServiceError(Exception):
    """Base of every error the service raises on purpose.

    Args:
        detail: What happened and what to do next, for a person.  Never holds an entry's text.
        field: Where in the request, as a JSON pointer (`/entries/3/text`), when known.
    """

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field

    def __init_subclass__(cls) -> None:
        """Name the wire code after the class, unless the class names its own."""
        super().__init_subclass__()
        if "code" not in cls.__dict__:
            cls.code = _WORD_BORDER.sub("_", cls.__name__.removesuffix("Error")).lower()


class InvalidInputError(MemoryServiceError, ValueError):
    """The input cannot be accepted; nothing was changed."""


class BlankTextError(InvalidInputError):
    """A text or a query holds no visible character."""


class TextTooLongError(InvalidInputError):
    """A text is longer than 64 KiB of UTF-8."""


class ForbiddenCharacterError(InvalidInputError):
    """A string holds NUL, a lone surrogate or, in an id, a control character."""


class NotFiniteError(InvalidInputError):
    """A number is NaN or infinite."""


class InvalidIdError(InvalidInputError):
    """An id is empty, longer than 512 bytes, `.` or `..`."""


class InvalidNamespaceError(InvalidInputError):
    """A namespace does not match `[A-Za-z0-9._-]{1,128}`."""


class InvalidFilterError(InvalidInputError):
    """A filter names an unknown field or operator, or gives it a wrong operand."""


class InvalidLimitError(InvalidInputError):
    """A limit, minimum or depth is out of its range."""


class InvalidCursorError(InvalidInputError):
    """A cursor was changed, or belongs to another list."""


class MalformedLineError(InvalidInputError):
    """A line of a file is not what it is to be; of an import, those before it are stored."""

    def __init__(self, detail: str, *, line: int) -> None:
        super().__init__(detail, field=f"line {line}")
        self.line = line


class TooManyEntriesError(InvalidInputError):
    """More entries, queries or bytes than one call takes."""


class IdempotencyKeyReusedError(InvalidInputError):
    """The idempotency key was used before, with another body."""


class AccessError(MemoryServiceError):
    """The caller may not do this."""


class UnauthorizedError(AccessError):
    """No key was sent, or not the right one."""


class ForbiddenOriginError(AccessError):
    """The request's Host or Origin is not one of ours."""


class NotFoundError(MemoryServiceError, LookupError):
    """What was asked for is not here."""


class EntryNotFoundError(NotFoundError):
    """The namespace holds no entry of that id."""


class NamespaceNotFoundError(NotFoundError):
    """The namespace has never been written to, or was dropped."""


class BackupNotFoundError(NotFoundError):
    """There is no such backup to be read: it was closed, or the daemon was restarted."""


class ConflictError(MemoryServiceError):
    """The state of the store does not allow this change."""


class IdTakenError(ConflictError):
    """The id holds an entry with other content, and `on_conflict` is `error`."""


class VersionConflictError(ConflictError):
    """The entry is no longer at the version the caller named."""


class BackupInProgressError(ConflictError):
    """Another backup is being made or read."""


class IdempotencyInProgressError(ConflictError):
    """The first call with this idempotency key has not finished."""


class UnavailableError(MemoryServiceError):
    """This node cannot answer now; retry later or elsewhere."""


class NotReadyError(UnavailableError):
    """The node is starting or stopping."""


class NotPrimaryError(UnavailableError):
    """This node does not take writes."""


class DeadlineExceededError(UnavailableError):
    """The caller's deadline passed before an answer was ready."""


class StorageError(MemoryServiceError):
    """The store failed."""


class CorruptStoreError(StorageError):
    """The store contradicts itself or cannot be read."""


class DamagedLogError(CorruptStoreError):
    """The log of the database cannot be replayed.

    Args:
        detail: As for every error.
        whole_bytes: How much of it is whole before the damage, as far as that is known.
    """

    def __init__(self, detail: str, *, whole_bytes: int = 0) -> None:
        super().__init__(detail)
        self.whole_bytes = whole_bytes


class DamagedError(StorageError):
    """The store lost changes or contradicts itself: it answers reads, and takes no writes."""


class StorageFullError(StorageError):
    """The disk has no room for this write."""


class SyncFailedError(StorageError):
    """A sync of the database failed: what the disk holds is not known, and this process ends."""


class ConfigurationError(MemoryServiceError):
    """The daemon cannot start as configured; the message says what to change."""


class PortInUseError(ConfigurationError):
    """Another process listens on the address."""


class DataFolderHeldError(ConfigurationError):
    """Another process holds the data folder's lock."""


class EmbedderChangedError(ConfigurationError):
    """The store was written with another embedder than the one chosen."""


class ModelRefusedError(ConfigurationError):
    """A model folder has a wrong hash, holds code or pickles, or is incomplete."""


class ModelNotFoundError(ConfigurationError):
    """No model of that name can be had here."""


class BackupRefusedError(ConfigurationError):
    """What was given is no backup, is damaged, or is not what its manifest says."""


class SchemaTooNewError(ConfigurationError):
    """The store was written by a newer version of this program."""


class SchemaTooOldError(ConfigurationError):
    """The store was written by an earlier version, in a form that this one does not read."""
