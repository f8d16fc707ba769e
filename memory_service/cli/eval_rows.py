"""What became of each question of an evaluation, and the file that keeps it for the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from memory_service.errors import ConfigurationError, MalformedLineError

#: How many ids of a ranking a row keeps.
FIRST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRow:
    """A question, its measures, and the answer that an agent gets.

    Ids and figures, no text.

    Args:
        question: The digest of the question; equal in two files for the same question.
        line: Its line in the gold file.
        namespace: Where it was asked.
        gold: The ids that answer it; empty when nothing does.
        measures: Of the ranking without a cut, by name; empty without gold.
        first: The best ids of that ranking.
        hits: The ids in the answer.
        kept: The gold that the answer holds, or names as folded into a hit.
        relevant: How many of the hits are gold, or have gold folded into them.
        tokens: What the answer costs.
        evidence: The level it claims.
        probability: What is behind the level, in [0, 1].
    """

    question: str
    line: int
    namespace: str
    gold: tuple[str, ...]
    measures: Mapping[str, float]
    first: tuple[str, ...]
    hits: tuple[str, ...]
    kept: tuple[str, ...]
    relevant: int
    tokens: int
    evidence: str
    probability: float

    @property
    def share(self) -> float:
        """The share of the gold that the answer keeps; there is some."""
        return len(self.kept) / len(self.gold)


def write_rows(file: Path, rows: Sequence[QuestionRow]) -> None:
    """Write the rows, one a line."""
    file.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")


def read_rows(file: Path) -> list[QuestionRow]:
    """The rows of a file that an earlier evaluation wrote.

    Raises:
        ConfigurationError: If the file cannot be read.
        MalformedLineError: At the first line that is not a row.
    """
    from pydantic import TypeAdapter, ValidationError

    row = TypeAdapter(QuestionRow)
    rows = []
    for number, line in enumerate(_lines(file), start=1):
        try:
            rows.append(row.validate_json(line, strict=True))
        except ValidationError as error:
            raise MalformedLineError(
                f"Line {number:,} of {file} is not a row that --per-query wrote.", line=number
            ) from error
    return rows


def _lines(file: Path) -> list[bytes]:
    try:
        return file.read_bytes().splitlines()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error
