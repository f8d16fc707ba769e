"""The table of `bench-durability`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: The most faults of a trial that are told one by one.
_TOLD = 10


def durability_tables(results: Sequence[Mapping[str, Any]]) -> str:
    """Every trial with its counts, and what broke a promise."""
    return "\n\n".join(part for result in results for part in _parts(result))


def _parts(result: Mapping[str, Any]) -> Iterator[str]:
    run, trials = result["run"], result["trials"]
    commit = run["code"]["commit"][:10] + (" and changes" if run["code"]["dirty"] else "")
    yield (
        f"**What breaks, and what stays**: {run['machine']['cpu']}, "
        f"{run['machine']['cores']} cores, {run['at'][:10]}, seed {run['seed']}, commit {commit}."
    )
    rows = [
        [name, row["about"], _counts(row), f"{row['seconds']:.0f} s", _verdict(row)]
        for name, row in trials.items()
    ]
    yield table(["trial", "what", "counted", "took", ""], rows)
    told = [f"- {name}: {fault}" for name, row in trials.items() for fault in _faults(row)]
    if told:
        yield "\n".join(told)


def _counts(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in row["counts"].items()) or "-"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["skipped"]:
        return f"skipped: {row['skipped']}"
    return f"**{len(row['faults'])} faults**" if row["faults"] else "holds"


def _faults(row: Mapping[str, Any]) -> list[str]:
    faults = list(row["faults"])
    more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
    return faults[:_TOLD] + more
