"""`bench-lexical` from end to end, tiny."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks import lexical

if TYPE_CHECKING:
    from pathlib import Path


def test_a_search_is_measured_beside_others_and_compared_with_brute_force(
    tmp_path: Path,
) -> None:
    options = "--sizes 400 --queries 6 --peers FTS5 tantivy --results"

    lexical.main([*options.split(), str(tmp_path)])

    result = json.loads((tmp_path / "lexical-400.json").read_bytes())
    assert result["exact"] == {"compared": 60, "agreed": 60}
    assert list(result["milliseconds"]["heavy"]) == ["ours", "FTS5", "tantivy"]
    assert result["filters"]["10 %"]["normal"]["median"] > 0
    assert result["bytes_per_entry"]["disk"] > 0
