"""Laws of reading an import's lines and of making batches of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_service.cli.import_lines import MOST_BYTES, MOST_ENTRIES, LineReader, batches
from memory_service.errors import MalformedLineError
from tests.support.exports import lines, some

if TYPE_CHECKING:
    from pathlib import Path


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(texts, max_size=20), cut=st.integers(0, 20))
def test_reading_from_a_mark_gives_the_lines_after_it(
    tmp_path: Path, texts: list[str], cut: int
) -> None:
    """Numbers, entries and marks are those of reading the file from its start."""
    file = tmp_path / "in.jsonl"
    file.write_bytes("\n".join(lines({"text": text}) for text in texts).encode())
    with file.open("rb") as stream:
        whole = list(LineReader(stream).lines())
    start = whole[cut - 1].after if 0 < cut <= len(whole) else None

    with file.open("rb") as stream:
        rest = list(LineReader(stream, start=start).lines())

    assert rest == (whole[cut:] if start else whole)
    assert [line.entry["text"] for line in whole] == texts


@given(sizes=st.lists(st.integers(1, 100_000), max_size=100))
@settings(max_examples=20)
def test_batches_keep_every_line_and_stay_within_their_limits(sizes: list[int]) -> None:
    raw = lines(*({"text": "x" * size} for size in sizes)).encode()

    found = list(batches(LineReader(io.BytesIO(raw)).lines()))

    assert [line.number for batch in found for line in batch] == list(range(1, len(sizes) + 1))
    assert all(len(batch) <= MOST_ENTRIES for batch in found)
    assert all(len(batch) == 1 or sum(line.size for line in batch) <= MOST_BYTES for batch in found)


def test_the_good_lines_of_a_batch_come_before_the_malformed_one() -> None:
    found = batches(LineReader(io.BytesIO(lines(*some(3)).encode() + b"broken")).lines())

    assert len(next(found)) == 3
    with pytest.raises(MalformedLineError, match="Line 4"):
        next(found)
