"""The table of `bench-trials`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.musts import shown
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def trial_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Every case with its figures, and what went wrong."""
    return "\n\n".join(part for result in results for part in _tables(result))


def _tables(result: Mapping[str, Any]) -> Iterator[str]:
    run, length = result["run"], result["scale"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    yield (
        f"**Bad cases at {length:g} of their full length**: {run['machine']['cpu']}, "
        f"{run['machine']['cores']} cores, {run['at'][:10]}, commit {commit}; "
        f"the import with the model `{result['model']}`."
    )
    rows = [
        [f"`{name}`", _told(row["figures"]), f"{row['seconds']:.0f} s", _verdict(row)]
        for name, row in result["cases"].items()
    ]
    yield table(["case", "measured", "took", ""], rows)


def trial_line(name: str, row: Mapping[str, Any]) -> str:
    """One case, its figures and whether it holds."""
    return f"must {name} hold, measured {_told(row['figures'])}, {_verdict(row)}"


def _told(figures: Mapping[str, float]) -> str:
    return "; ".join(
        f"{name.replace('_', ' ')} {value:,}"
        if isinstance(value, int)
        else f"{name.replace('_', ' ')} {shown(value)}"
        for name, value in figures.items()
    )


def _verdict(row: Mapping[str, Any]) -> str:
    return "holds" if row["holds"] else f"misses: {'; '.join(row['faults'])}"
