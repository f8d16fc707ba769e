"""The way back: DuckDB 1.5, in an environment of its own, reads what we write."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from memory_service.model.write import Put, WriteRequest
from tests.support.builders import a_draft
from tests.support.clock import ManualClock
from tests.support.stores import open_local

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = os.environ.get("DUCKDB_1_5_PYTHON", "")

SCRIPT = """
import sys
import duckdb

assert duckdb.__version__.startswith("1.5."), duckdb.__version__
store = duckdb.connect(sys.argv[1])
print(store.sql("SELECT id, text FROM entry ORDER BY seq").fetchall())
"""


@pytest.mark.skipif(
    not PYTHON, reason="DUCKDB_1_5_PYTHON names no interpreter with DuckDB 1.5 (make test does)"
)
def test_duckdb_1_5_opens_a_store_with_its_log(tmp_path: Path) -> None:
    clock = ManualClock()
    first, second = a_draft(id="a", text="folded in"), a_draft(id="b", text="still in the log")
    backend = open_local(tmp_path / "data", clock=clock)
    for draft in (first, second):
        put = Put(draft=draft, passages=None)
        backend.apply(WriteRequest(namespace="ns", operations=(put,), now=clock()))

    copy = tmp_path / "copy"
    copy.mkdir()
    for file in (tmp_path / "data" / "store").glob("memory.duckdb*"):
        (copy / file.name).write_bytes(file.read_bytes())
    backend.close()
    ran = subprocess.run(
        [PYTHON, "-c", SCRIPT, str(copy / "memory.duckdb")],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.strip()) == (
        0,
        "[('a', 'folded in'), ('b', 'still in the log')]",
    ), ran.stderr
