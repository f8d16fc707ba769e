"""The command line as its users run it: real processes, a real daemon, a real kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "memory_service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs commands with one home, so that client and daemon find each other."""

    environ: Mapping[str, str]

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=stdin,
            env=dict(self.environ),
        )

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[str]]:
        """A daemon that answers; stopped in the end if it has not been killed."""
        process = subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0", "--model", "hashing"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=dict(self.environ),
        )
        assert process.stdout is not None
        with process, process.stdout:
            try:
                assert process.stdout.readline().startswith("address")
                yield process
            finally:
                process.terminate()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(environ={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)})


def entries_of(file: Path) -> list[dict[str, Any]]:
    """The entries of an export, without the times the daemon decides."""
    decided = {"created_at", "updated_at"}
    return [
        {name: value for name, value in json.loads(line).items() if name not in decided}
        for line in file.read_text().splitlines()[1:]
    ]


@pytest.mark.long
def test_an_import_survives_a_malformed_line_a_kill_and_a_restart(
    shell: Shell, tmp_path: Path
) -> None:
    """Nothing acknowledged is lost, nothing comes twice, and a copy is the same."""
    source, copy = tmp_path / "in.jsonl", tmp_path / "copy.jsonl"
    wanted = [{"id": f"e{n}", "text": f"the launch, note {n}", "turn": n} for n in range(300)]
    rows = [json.dumps(entry) + "\n" for entry in wanted]
    source.write_text("".join([*rows[:280], "broken\n", *rows[280:]]))

    with shell.daemon() as daemon:
        broken = shell("import", str(source))
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
    stopped = shell("status")
    source.write_text("".join(rows))
    with shell.daemon():
        continued = shell("import", str(source), "--continue")
        answer = shell("recall", "launch note 285", "--json")
        shell("export", str(copy))
        copied = shell("import", str(copy), "-n", "copy")
        shell("export", str(copy), "-n", "copy", "--force")

    assert broken.returncode == 1
    assert "Line 281 is not JSON" in broken.stderr
    assert stopped.returncode == 3
    assert "memory-service serve" in stopped.stderr
    assert (continued.returncode, continued.stdout) == (
        0,
        "20 entries into default: 20 created.\n",
    )
    assert json.loads(answer.stdout)["hits"][0]["entry"]["id"] == "e285"
    assert copied.returncode == 0
    assert entries_of(copy) == wanted


def test_a_second_daemon_and_a_model_download_are_refused_while_one_runs(shell: Shell) -> None:
    with shell.daemon():
        second = shell("serve", "--port", "0", "--model", "hashing")
        pull = shell("model", "pull", "gte-base")

    for refused in (second, pull):
        assert refused.returncode == 2
        assert "holds the data folder" in refused.stderr
        assert "Traceback" not in refused.stderr
