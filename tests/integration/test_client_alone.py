"""The client in an environment that has nothing of the service, against a real daemon."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.daemon_process import a_daemon

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

PYTHON = os.environ.get("CLIENT_PYTHON", "")

SCRIPT = """
import importlib.util, sys
from agent_client import MemoryClient

present = [name for name in ("duckdb", "faiss", "fastapi", "numpy", "torch")
           if importlib.util.find_spec(name)]
assert not present, present
with MemoryClient(sys.argv[1], api_key=sys.argv[2]) as memory:
    memory.remember("The spare key hangs behind the clock.", id="key")
    print(memory.recall("Where is the spare key?", on_none="best").hits[0].entry.id)
    print(memory.forget("key").status)
"""


@pytest.mark.skipif(
    not PYTHON, reason="CLIENT_PYTHON names no interpreter with the client alone (make test does)"
)
def test_the_client_works_where_nothing_of_the_service_is_installed(tmp_path: Path) -> None:
    with a_daemon(tmp_path / "data") as daemon:
        key = daemon.client.headers["X-API-Key"]
        ran = subprocess.run(
            [PYTHON, "-c", SCRIPT, daemon.running["url"], key],
            cwd=tmp_path,
            env={"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert (ran.returncode, ran.stdout.split()) == (0, ["key", "forgotten"]), ran.stderr
