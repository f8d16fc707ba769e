"""What became of a write.

Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemField:
    """What is wrong with one part of a request; `pointer` is a JSON pointer into it."""

    pointer: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why the service refused; `code` is stable, `detail` is for people."""

    code: str
    detail: str
    errors: tuple[ProblemField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one entry.

    `status` is `created`, `replaced`, `updated`, `duplicate` (an equal entry is there), `kept`,
    `forgotten`, `restored`, `missing` or `rejected`; `error` is set exactly when it is `rejected`.
    `duplicate_of` names entries of equal content.  `position` is the service's place in its
    change log after the write; `replayed` says that an earlier call with the same key did it.
    """

    status: str
    id: str
    version: int = 0
    embedded: bool = False
    duplicate_of: tuple[str, ...] = ()
    error: Problem | None = None
    position: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A committed batch: one outcome per entry in order, rejected ones among them."""

    outcomes: tuple[Outcome, ...]
    position: str
    replayed: bool = False

    @property
    def rejected(self) -> tuple[Outcome, ...]:
        """The outcomes of entries that were refused; the others are stored."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetReport:
    """What a filter matched and what was forgotten; `ids` are the first 100."""

    matched: int
    forgotten: int
    ids: tuple[str, ...]
    position: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What was meant and what came back.

    `ids` are the first 100 that came back, or with `dry_run` would; `refused` the first 100 that
    did not: `missing`, since nothing of them is kept, or `rejected`, since their id was taken.
    """

    matched: int
    restored: int
    ids: tuple[str, ...]
    refused: tuple[Outcome, ...] = ()
    position: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """How many entries a dropped namespace held."""

    forgotten: int
    position: str = ""
    replayed: bool = False
