"""Two configurations on the same questions: `make bench-compare A=folder B=folder`.

A and B are what --per-query wrote, a file or a folder each.  Prints by how much B is above A,
with the paired interval over questions and, where a set has several namespaces, over whole
namespaces, and the questions that moved most.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks.per_query import QuestionRow, read_rows
from benchmarks.tables import bounds, percent, table
from memory_service.errors import InvalidInputError, MemoryServiceError
from memory_service.evaluation.intervals import interval, interval_by_group
from memory_service.evaluation.measures import GRADED_NDCG, MEASURES, NDCG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEADINGS = {measure.name: measure.heading for measure in (*MEASURES, GRADED_NDCG)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One question with gold under both configurations."""

    before: QuestionRow
    after: QuestionRow

    def moved(self, measure: str = NDCG.name) -> float:
        """By how much the measure rose."""
        return self.after.measures[measure] - self.before.measures[measure]


def pairs(before: Sequence[QuestionRow], after: Sequence[QuestionRow]) -> list[Pair]:
    """The questions with gold, each with itself.

    Raises:
        InvalidInputError: If the two do not hold the same questions with the same gold and
            measures.
    """
    others = {row.id: row for row in after}
    known = {row.id: (row.gold, row.measures.keys()) for row in before}
    if known != {row.id: (row.gold, row.measures.keys()) for row in after}:
        raise InvalidInputError(
            "the files hold different questions or measures: write both with the same set and "
            "the same program"
        )
    return [Pair(before=row, after=others[row.id]) for row in before if row.gold]


def comparison(matched: Sequence[Pair], *, seed: int, most: int) -> str:
    """Every measure of the pairs, nDCG@10 by category, and the questions that moved most."""
    parts = [
        _measures(matched, seed),
        *_categories(matched, seed),
        _answers(matched),
        *_moved(matched, most),
    ]
    return "\n\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; 0 if it could be done, 2 if the files do not go together."""
    options = _parser().parse_args(arguments)
    try:
        for name, before, after in _files(options.before, options.after):
            matched = pairs(read_rows(before), read_rows(after))
            print(f"**{name}**: {len(matched):,} questions with an answer\n")
            print(comparison(matched, seed=options.seed, most=options.most), end="\n\n")
    except MemoryServiceError as error:
        print(error.detail, file=sys.stderr)
        return 2
    return 0


def _files(before: Path, after: Path) -> Iterator[tuple[str, Path, Path]]:
    if before.is_file() and after.is_file():
        yield before.stem, before, after
        return
    names = sorted(
        {file.name for file in before.glob("*.jsonl")}
        & {file.name for file in after.glob("*.jsonl")}
    )
    if not names:
        raise InvalidInputError("the folders have no set in common: give what --per-query wrote")
    for name in names:
        yield Path(name).stem, before / name, after / name


def _measures(matched: Sequence[Pair], seed: int) -> str:
    several = len({pair.before.namespace for pair in matched}) > 1
    headings = ["", "before", "after", "difference", *(["by namespace"] if several else [])]
    names = matched[0].before.measures
    return table(headings, [_row(_HEADINGS[name], matched, name, seed, several) for name in names])


def _categories(matched: Sequence[Pair], seed: int) -> list[str]:
    names = sorted({pair.before.category for pair in matched})
    if len(names) < 2:
        return []
    rows = []
    for name in names:
        members = [pair for pair in matched if pair.before.category == name]
        label = f"{name or 'none'} ({len(members):,})"
        rows.append(_row(label, members, NDCG.name, seed, several=False))
    return [table([f"{NDCG.heading}, by category", "before", "after", "difference"], rows)]


def _row(label: str, matched: Sequence[Pair], measure: str, seed: int, several: bool) -> list[str]:
    moved = [pair.moved(measure) for pair in matched]
    means = [
        fmean(row.measures[measure] for row in rows)
        for rows in ([pair.before for pair in matched], [pair.after for pair in matched])
    ]
    row = [label, *map(percent, means), bounds(asdict(interval(moved, seed=seed)))]
    if several:
        groups = [pair.before.namespace for pair in matched]
        row.append(bounds(asdict(interval_by_group(moved, groups, seed=seed))))
    return row


def _answers(matched: Sequence[Pair]) -> str:
    before, after = [pair.before for pair in matched], [pair.after for pair in matched]
    hits = [fmean(len(row.hits) for row in rows) for rows in (before, after)]
    tokens = [fmean(row.tokens for row in rows) for rows in (before, after)]
    return (
        f"As an agent asks: {hits[0]:.1f} hits of {tokens[0]:.0f} tokens before, "
        f"{hits[1]:.1f} of {tokens[1]:.0f} after."
    )


def _moved(matched: Sequence[Pair], most: int) -> list[str]:
    """The questions whose nDCG@10 fell or rose most, with the first of their rankings."""
    falling = sorted((pair for pair in matched if pair.moved() < 0), key=Pair.moved)[:most]
    rising = sorted((pair for pair in matched if pair.moved() > 0), key=Pair.moved)[-most:]
    rows = [
        [
            f"`{pair.before.id}`",
            pair.before.category,
            *(percent(row.measures[NDCG.name]) for row in (pair.before, pair.after)),
            _first(pair.before),
            _first(pair.after),
        ]
        for pair in [*falling, *reversed(rising)]
    ]
    headings = ["moved most", "category", "before", "after", "first before", "first after"]
    return [table(headings, rows)] if rows else []


def _first(row: QuestionRow) -> str:
    return ", ".join(f"`{id}`" for id in row.first[:3])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-compare", description=__doc__)
    parser.add_argument("before", type=Path, help="A: a file or folder that --per-query wrote")
    parser.add_argument("after", type=Path, help="B: another, of the same sets")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--most", type=int, default=10, help="questions to name in each direction")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
