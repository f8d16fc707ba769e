"""What looking through a store comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

#: Told of the check under way, how far it is, and how far it has to go.
Progress = Callable[[str, int, int], None]

#: What the command does to what is derived.
REBUILD = "run `memory-service verify --repair`, which builds it anew from the rows"
#: What is left where the truth itself is damaged.
RESTORE = (
    "restore a backup; without one, start the daemon, export what it still reads and import it "
    "into a new data folder"
)
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be.

    Args:
        code: Stable, for programs.
        count: How often.
        detail: What, for a person; entries are named by their ordinal, never by what they say.
        next_step: What to do about it.
    """

    code: str
    count: int
    detail: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of thing that was looked at, how many of them, and what was found."""

    name: str
    looked_at: int
    findings: tuple[Finding, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was looked at in a store at *position*, the wire form of its last change."""

    position: str
    checks: tuple[Check, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of every check, in order."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(slots=True)
class Places:
    """Where something was found, by code; the first few are named."""

    found: dict[str, list[int]] = field(default_factory=dict)

    def note(self, code: str, *places: int) -> None:
        """It was found at these."""
        if places:
            self.found.setdefault(code, []).extend(places)

    def findings(self, words: Callable[[str], str], *, next_step: str) -> tuple[Finding, ...]:
        """A finding for each code; *words* says what a code means."""
        return tuple(
            Finding(
                code=code,
                count=len(places),
                detail=f"{words(code)}: {_named(places)}",
                next_step=next_step,
            )
            for code, places in self.found.items()
        )


def _named(places: list[int]) -> str:
    shown = ", ".join(str(place) for place in places[:_SHOWN])
    return f"{shown}, and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else shown
