"""Two configurations side by side."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.compare import main, pairs
from benchmarks.per_query import read_rows, rows, write_rows
from memory_service.errors import InvalidInputError, MalformedLineError
from memory_service.evaluation.measures import MEASURES
from tests.support.answers import an_answer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.per_query import QuestionRow

_QUESTIONS = ("n", "n", "m")


def _rows(*rankings: str) -> list[QuestionRow]:
    """Questions 0, 1, …, all after `a`, in the namespaces above; the ids come from the caller."""
    found = []
    for number, (ids, namespace) in enumerate(zip(rankings, _QUESTIONS, strict=True)):
        answer = an_answer(ids, "a", namespace=namespace, category=f"kind {number % 2}")
        (row,) = rows([answer], [answer], MEASURES)
        found.append(replace(row, id=f"q{number}"))
    return found


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = _rows("ab", "ba", "abc")

    write_rows(tmp_path / "some" / "tiny.jsonl", written)

    read = read_rows(tmp_path / "some" / "tiny.jsonl")
    assert [(row.id, row.measures, list(row.first)) for row in read] == [
        (row.id, row.measures, list(row.first)) for row in written
    ]


def test_a_row_holds_no_text() -> None:
    (row, *_) = _rows("ab", "ba", "abc")

    assert "?" not in str(asdict(row))


def test_a_question_without_gold_is_in_no_pair() -> None:
    answer = an_answer("ab", "")
    unknown = rows([answer], [answer], MEASURES)

    assert pairs(unknown, unknown) == []


def test_other_questions_do_not_compare() -> None:
    with pytest.raises(InvalidInputError, match="different questions"):
        pairs(_rows("ab", "ba", "ab"), _rows("ab", "ba", "ab")[:2])


def test_the_difference_is_printed_with_both_intervals_and_what_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of three questions goes from rank 2 to rank 1."""
    before, after = tmp_path / "before", tmp_path / "after"
    write_rows(before / "tiny.jsonl", _rows("ab", "ba", "ab"))
    write_rows(after / "tiny.jsonl", _rows("ab", "ab", "ab"))

    assert main([str(before), str(after)]) == 0

    printed = capsys.readouterr().out
    assert "| by namespace |" in printed
    assert "| hit@1 | 66.7 | 100.0 | 33.3 (0.0 to 100.0) | 33.3 (0.0 to 50.0) |" in printed
    assert "| `q1` | kind 1 | 63.1 | 100.0 | `b`, `a` | `a`, `b` |" in printed
    assert "q0" not in printed


def test_files_of_something_else_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "a.jsonl"
    other.write_text('{"id": 1}\n', encoding="utf-8")

    with pytest.raises(MalformedLineError, match="line 1"):
        read_rows(other)
    assert main([str(other), str(other)]) == 2
    assert main([str(tmp_path), str(tmp_path / "nothing")]) == 2
    assert "in common" in capsys.readouterr().err
