"""What the trials say: quality beside speed for each system, and what ours must be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.musts import Must
from benchmarks.peers_systems import Role
from benchmarks.percentiles import percentiles
from memory_service.evaluation.intervals import interval
from memory_service.evaluation.measures import MEASURES, NDCG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.peers_asking import Asked
    from benchmarks.peers_measuring import Measured
    from memory_service.evaluation.measures import Measure

#: Both measures of quality; the first decides.
QUALITY = (NDCG, next(measure for measure in MEASURES if measure.name == "recall_at_10"))
#: Ours in this process: the row that is compared.
OURS = "ours, in process"
_BARE_LIMIT = 3.0
#: How many times as many milliseconds ours may take as a store: fewer.
_AHEAD = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What ours must be: what could be measured, and which systems were not there for it."""

    musts: tuple[Must, ...]
    unsaid: tuple[str, ...]


def figures(
    measured: Sequence[Measured], asked: Sequence[Asked], *, seed: int
) -> dict[str, dict[str, Any]]:
    """Of each system by name: its role, and if it was there quality and milliseconds.

    Questions without a relevant entry count for speed alone.
    """
    return {one.name: _figures(one, asked, seed) for one in measured}


def leads(
    measured: Sequence[Measured], asked: Sequence[Asked], *, seed: int
) -> dict[str, dict[str, Any]]:
    """For each measure: the best peer, and by how much ours is ahead of it on the same questions.

    Empty when ours or every peer is missing.
    """
    own = next((one for one in measured if one.name == OURS and one.trials), None)
    peers = [one for one in measured if one.role is not Role.OURS and one.trials]
    if own is None or not peers:
        return {}
    return {measure.name: _lead(measure, own, peers, asked, seed) for measure in QUALITY}


def said(
    systems: Mapping[str, Mapping[str, Any]],
    ahead: Mapping[str, Mapping[str, Any]],
    *,
    bare_limit: bool,
) -> Said:
    """Everything that ours must be, from what `figures` and `leads` give.

    Args:
        systems: See `figures`.
        ahead: See `leads`.
        bare_limit: Whether to compare with the bare limit too.
    """
    absent = [name for name, one in systems.items() if one["absent"]]
    musts = [
        Must(
            what=f"{measure.heading} ahead of the best peer ({ahead[measure.name]['peer']})",
            limit=0.0,
            measured=100 * ahead[measure.name]["mean"],
            unit="points",
            at_least=True,
        )
        for measure in QUALITY
        if measure.name in ahead
    ]
    if OURS in systems and not systems[OURS]["absent"]:
        musts += _speeds(systems, bare_limit=bare_limit)
    return Said(
        musts=tuple(musts),
        unsaid=tuple(f"{name} ({systems[name]['absent']})" for name in absent),
    )


def _figures(one: Measured, asked: Sequence[Asked], seed: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "role": one.role.value,
        "versions": dict(one.versions),
        "absent": one.absent,
    }
    if not one.trials:
        return described
    described |= {
        measure.name: asdict(interval(_values(measure, one, asked), seed=seed))
        for measure in QUALITY
    }
    described["empty"] = sum(not trial.ids for trial in one.trials) / len(one.trials)
    described["search"] = asdict(percentiles([trial.search for trial in one.trials]))
    if all(trial.hydrated for trial in one.trials):
        described["whole"] = asdict(percentiles([trial.whole for trial in one.trials]))
    return described | {"prepare_seconds": one.seconds}


def _values(measure: Measure, one: Measured, asked: Sequence[Asked]) -> list[float]:
    return [
        measure.compute(trial.ids, question.question.gold)
        for trial, question in zip(one.trials, asked, strict=True)
        if question.question.gold
    ]


def _lead(
    measure: Measure, own: Measured, peers: Sequence[Measured], asked: Sequence[Asked], seed: int
) -> dict[str, Any]:
    values = {peer.name: _values(measure, peer, asked) for peer in peers}
    best = max(values, key=lambda name: sum(values[name]))
    mine = _values(measure, own, asked)
    moved = [left - right for left, right in zip(mine, values[best], strict=True)]
    return {"peer": best, **asdict(interval(moved, seed=seed))}


def _speeds(systems: Mapping[str, Mapping[str, Any]], *, bare_limit: bool) -> list[Must]:
    own = systems[OURS]["search"]
    there = {name: one for name, one in systems.items() if not one["absent"]}
    musts = [
        Must(
            what=f"p95 of the search alone ÷ {name}'s",
            limit=_AHEAD,
            measured=own["p95"] / one["search"]["p95"],
        )
        for name, one in there.items()
        if one["role"] == Role.STORE.value
    ]
    bare = {n: o["search"]["median"] for n, o in there.items() if o["role"] == Role.BARE.value}
    if bare_limit and bare:
        fastest = min(bare, key=lambda name: bare[name])
        musts.append(
            Must(
                what=f"search without hydration ÷ the bare limit ({fastest}), medians",
                limit=_BARE_LIMIT,
                measured=own["median"] / bare[fastest],
            )
        )
    return musts
