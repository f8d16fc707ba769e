"""What a figure must be, what it is, and whether that holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Must:
    """A demand on one figure.

    Args:
        what: The figure, in words.
        limit: The most it may be; with *at_least*, the least.
        measured: What it is.
        unit: Of both; empty for a ratio.
        at_least: Whether more is better.
    """

    what: str
    limit: float
    measured: float
    unit: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of the limit, or on it; false for NaN."""
        if self.at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit

    def line(self) -> str:
        """`must … measured … holds`, or `misses`."""
        unit = f" {self.unit}" if self.unit else ""
        bound = "≥" if self.at_least else "≤"
        verdict = "holds" if self.holds else "misses"
        return (
            f"must {self.what} {bound} {self.limit:g}{unit}, "
            f"measured {shown(self.measured)}{unit}, {verdict}"
        )

    def as_json(self) -> dict[str, Any]:
        """As it stands in a result."""
        return {**asdict(self), "holds": self.holds}


def shown(value: float) -> str:
    """A figure with as many places as it deserves."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def must_lines(musts: Iterable[Must]) -> str:
    """One line each."""
    return "\n".join(must.line() for must in musts)


def must_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The musts of a result as a table; empty when it has none."""
    if not rows:
        return ""
    return table(["must", "limit", "measured", ""], [_row(one) for one in rows])


def _row(one: Mapping[str, Any]) -> list[str]:
    unit = f" {one['unit']}" if one["unit"] else ""
    bound = "≥" if one["at_least"] else "≤"
    return [
        one["what"],
        f"{bound} {one['limit']:g}{unit}",
        f"{shown(one['measured'])}{unit}",
        "holds" if one["holds"] else "**misses**",
    ]
