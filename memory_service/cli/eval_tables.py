"""An evaluation, for people.  Lines and ids, no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.cli.answers import DEGRADED_WORDS, EVIDENCE_WORDS
from memory_service.cli.output import a_table, add, counted, say, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.cli.eval_asking import UnknownId
    from memory_service.cli.eval_figures import Difference, EvidenceFigures, Figures
    from memory_service.cli.eval_rows import QuestionRow
    from memory_service.cli.world import World
    from memory_service.evaluation.intervals import Interval

#: The measures shown, by the head of their column.
_SHOWN = {
    "nDCG\n@10": "ndcg_10",
    "recall\nat 1": "recall_at_1",
    "recall\nat 5": "recall_at_5",
    "recall\nat 10": "recall_at_10",
    "recall\nat 20": "recall_at_20",
    "all gold\nat 10": "recall_all_10",
    "MRR": "mrr",
}
_GRADED = {"graded\nnDCG": "ndcg_10_graded"}
_ALL = "all"
_MOST_SHOWN = 20
_RANKED = 3


def print_figures(world: World, groups: Mapping[str, Figures], overall: Figures) -> None:
    """Three tables: rankings, answers, evidence; a row for each namespace and one for all."""
    rows = dict(groups) if len(groups) == 1 else {**groups, _ALL: overall}
    if overall.answerable:
        say(world, "Ranking without a cut, percent with 95 % intervals:")
        _print_rankings(world, rows)
        say(world, "")
        say(world, "Answers as an agent gets them:")
        _print_answers(world, rows)
        say(world, "")
    say(world, "Evidence:")
    _print_evidence(world, rows)


def print_worst(world: World, rows: Sequence[QuestionRow], *, show: bool) -> None:
    """The worst questions by their line; their ids if *show*."""
    if not rows:
        return
    say(world, "")
    say(world, f"The worst {counted(len(rows), 'question')}:")
    ids = ("gold", "ranked first") if show else ()
    table = a_table("line", "nDCG@10", "gold kept", "evidence", *ids, right=("line", "nDCG@10"))
    for row in rows:
        ends = (_listed(row.gold), _listed(row.first[:_RANKED])) if show else ()
        kept = f"{len(row.kept)} of {len(row.gold)}"
        add(table, f"{row.line:,}", _percent(row.measures["ndcg_10"]), kept, row.evidence, *ends)
    world.out.print(table)


def print_difference(world: World, changed: Difference) -> None:
    """What changed since the baseline, over the questions that both asked."""
    say(world, "")
    say(world, f"Less the baseline, over {counted(changed.questions, 'question')} with an answer:")
    table = a_table("", "change", "95 %", right=("change",))
    shown = {head.replace("\n", " "): name for head, name in (_SHOWN | _GRADED).items()}
    for head, name in shown.items():
        if name in changed.measures:
            add(table, head, *_signed(changed.measures[name], 100))
    add(table, "gold kept", *_signed(changed.gold_kept, 100))
    add(table, "hits", *_signed(changed.hits, 1))
    add(table, "tokens", *_signed(changed.tokens, 1))
    world.out.print(table)
    say(world, f"Ranked better: {changed.better:,}; worse: {changed.worse:,}.")
    if changed.only_now or changed.only_before:
        say(
            world,
            f"Asked now alone: {changed.only_now:,}; in the baseline alone: "
            f"{changed.only_before:,}.",
        )


def warn(
    world: World, unknown: Sequence[UnknownId], degraded: Mapping[str, int], *, show: bool
) -> None:
    """Say on standard error what makes the figures lower than they need be."""
    for part, answers in sorted(degraded.items()):
        leg, _, reason = part.partition(": ")
        words = DEGRADED_WORDS.get(reason, f"the {leg} leg is missing ({reason})")
        tell(world, f"Warning: for {counted(answers, 'question')}, {words}.")
    if not unknown:
        return
    hint = "" if show else " --show names them."
    count = counted(len(unknown), "id")
    tell(
        world,
        f"Warning: the gold names {count} not in the question's namespace; that counts as missed."
        f"{hint}",
    )
    for one in unknown[: _MOST_SHOWN if show else 0]:
        tell(world, f"Line {one.line:,}: {one.id} is not in {one.namespace}.")
    if show and len(unknown) > _MOST_SHOWN:
        tell(world, f"… and {len(unknown) - _MOST_SHOWN:,} more; --json names all.")


def _print_rankings(world: World, groups: Mapping[str, Figures]) -> None:
    graded = any("ndcg_10_graded" in one.measures for one in groups.values())
    shown = _SHOWN | _GRADED if graded else _SHOWN
    table = a_table("namespace", "n", *shown, right=("n", *shown))
    for name, one in groups.items():
        if one.answerable:
            cells = [_percents(one.measures[measure]) for measure in shown.values()]
            add(table, name, f"{one.answerable:,}", *cells)
    world.out.print(table)


def _print_answers(world: World, groups: Mapping[str, Figures]) -> None:
    heads = ("n", "hits", "tokens", "gold\nkept", "precision")
    table = a_table("namespace", *heads, right=heads)
    for name, one in groups.items():
        if answer := one.answer:
            number, hits = f"{one.answerable:,}", _decimals(answer.hits)
            kept, precision = _percents(answer.gold_kept), _percent(answer.precision)
            add(table, name, number, hits, _wholes(answer.tokens), kept, precision)
    world.out.print(table)


def _print_evidence(world: World, groups: Mapping[str, Figures]) -> None:
    """Two rows a group; what needs both kinds of questions stands in the second."""
    heads = ("n", *EVIDENCE_WORDS, "AUROC", "false positives,\n95 % kept")
    table = a_table("namespace", "questions", *heads, right=heads)
    for name, one in groups.items():
        found = one.evidence
        if found.answerable:
            add(table, name, "with an answer", *_levels(found.answerable))
        if found.unanswerable:
            add(table, name, "without", *_levels(found.unanswerable), *_separation(found))
    world.out.print(table)


def _levels(counts: Mapping[str, int]) -> list[str]:
    """How many in all, and at each level."""
    every = [sum(counts.values()), *(counts.get(level, 0) for level in EVIDENCE_WORDS)]
    return [f"{number:,}" for number in every]


def _separation(found: EvidenceFigures) -> tuple[str, ...]:
    if found.auroc is None or found.false_positive_rate is None:
        return ()
    one = found.auroc
    auroc = f"{one.mean:.2f}\n{_bounds(one, 1, '.2f')}"
    return auroc, _percent(found.false_positive_rate)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _percents(one: Interval) -> str:
    return f"{100 * one.mean:.1f}\n{_bounds(one, 100, '.0f')}"


def _decimals(one: Interval) -> str:
    return f"{one.mean:.1f}\n{_bounds(one, 1, '.1f')}"


def _wholes(one: Interval) -> str:
    return f"{one.mean:,.0f}\n{_bounds(one, 1, ',.0f')}"


def _bounds(one: Interval, scale: float, digits: str) -> str:
    """Both bounds; one, where they are the same as shown."""
    low, high = f"{scale * one.low:{digits}}", f"{scale * one.high:{digits}}"
    return low if low == high else f"{low}-{high}"


def _signed(one: Interval, scale: float) -> tuple[str, str]:
    return f"{scale * one.mean:+.1f}", f"{scale * one.low:+.1f} to {scale * one.high:+.1f}"


def _listed(ids: Sequence[str]) -> str:
    return "\n".join(ids)
