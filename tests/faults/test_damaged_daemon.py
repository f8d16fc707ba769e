"""A real daemon over a store that lost changes: it answers, says so, and takes no writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.command_line import CommandLine
from tests.support.daemon_process import a_daemon, refused

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

ENTRIES = "/v1/namespaces/ns/entries"
RECALL = "/v1/namespaces/ns/recall"


def verify(folder: Path, *options: str) -> tuple[int, str, str]:
    """Run the command over *folder*; its exit code and what it printed."""
    command = CommandLine(environ={"HOME": str(folder.parent)})
    ended = command("verify", "--data-folder", str(folder), *options)
    return ended.code, ended.out, ended.err


def test_a_daemon_whose_log_was_deleted_answers_and_writes_again_once_it_is_repaired(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    with a_daemon(folder) as daemon:
        daemon.client.put(f"{ENTRIES}/kept", json={"text": "The launch is in June."})
        assert daemon.stop() == 0
    with a_daemon(folder) as daemon:
        daemon.client.put(f"{ENTRIES}/lost", json={"text": "It moved to July."})
        assert verify(folder)[0] == 2
        daemon.kill()
    (folder / "store" / "memory.duckdb.wal").unlink()

    with a_daemon(folder) as damaged:
        status = damaged.client.get("/v1/status").json()
        ready = damaged.client.get("/readyz")
        write = damaged.client.put(f"{ENTRIES}/new", json={"text": "New."})
        answer = damaged.client.post(RECALL, json={"query": "launch in June"}).json()
        assert damaged.stop() == 0
    found = verify(folder, "--json")
    repaired = verify(folder, "--repair")

    assert (status["role"], status["writable"]) == ("damaged", False)
    assert "memory-service verify --repair" in status["damage"]
    assert (ready.status_code, ready.json()["status"]) == (503, "damaged")
    assert (write.status_code, write.json()["code"]) == (503, "damaged")
    assert (write.json()["retryable"], "Retry-After" in write.headers) == (False, False)
    assert [hit["entry"]["id"] for hit in answer["hits"]] == ["kept"]
    assert (answer["role"], answer["degraded"]) == (
        "damaged",
        [{"leg": "store", "reason": "damaged"}],
    )
    codes = [each["code"] for check in json.loads(found[1])["checks"] for each in check["findings"]]
    assert (found[0], codes) == (4, ["log_behind_head"])
    assert repaired[0] == 0
    assert "lost" in repaired[1]
    with a_daemon(folder) as again:
        assert again.client.get("/readyz").status_code == 200
        assert again.client.put(f"{ENTRIES}/new", json={"text": "New."}).status_code == 201
        assert again.stop() == 0
    assert verify(folder)[0] == 0


def test_a_log_that_cannot_be_replayed_ends_the_start_with_the_command_that_repairs(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    with a_daemon(folder) as daemon:
        daemon.client.put(f"{ENTRIES}/a", json={"text": "Words."})
        daemon.kill()
    log = folder / "store" / "memory.duckdb.wal"
    data = bytearray(log.read_bytes())
    data[-3] ^= 1
    log.write_bytes(data)

    ended = refused(folder)

    assert ended.code == 4
    assert "memory-service verify --repair" in ended.stderr
    assert log.read_bytes() == data
    assert verify(folder, "--repair")[0] == 0


def test_there_is_nothing_to_verify_where_there_is_no_store(tmp_path: Path) -> None:
    code, _, said = verify(tmp_path / "nowhere")

    assert code == 2
    assert "There is no store" in said
    assert not (tmp_path / "nowhere").exists()
