"""A real daemon: it starts, keeps what it acknowledged, stops, and says why it cannot start."""

from __future__ import annotations

import signal
import socket
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from agent_client import MemoryClient
from agent_client._discovery import discover
from agent_client.errors import AccessError
from tests.support.daemon_process import DaemonProcess, a_daemon, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

ENTRIES = "/v1/namespaces/ns/entries"
RECALL = "/v1/namespaces/ns/recall"
QUESTIONS = ["when is the launch?", "who drinks tea?", "zebra"]
TEXTS = ["We moved the launch to June.", "Bob drinks green tea.", "The cat sleeps on the sofa."]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def daemon(folder: Path) -> Iterator[DaemonProcess]:
    with a_daemon(folder) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    """One daemon for all tests that leave it running."""
    with a_daemon(tmp_path_factory.mktemp("shared") / "data") as daemon:
        yield daemon


def answers(daemon: DaemonProcess) -> list[object]:
    """What the questions find, with every score."""
    body = {"queries": QUESTIONS, "cut": "off", "on_none": "best"}
    found = daemon.client.post(RECALL, json=body).json()["answers"]
    return [
        [(hit["entry"]["id"], hit["score"], hit["legs"]) for hit in one["hits"]] for one in found
    ]


def test_it_remembers_stops_cleanly_and_answers_the_same_after_a_restart(
    daemon: DaemonProcess, folder: Path
) -> None:
    body = {"entries": [{"id": f"e{number}", "text": text} for number, text in enumerate(TEXTS)]}
    daemon.client.post(ENTRIES, json=body).raise_for_status()
    before = answers(daemon)

    code = daemon.stop()

    assert code == 0
    assert not (folder / "daemon.json").exists()
    with a_daemon(folder) as again:
        assert again.client.get("/v1/status").json()["embedded_texts"] == 0
        assert answers(again) == before
        assert again.running["process_id"] != daemon.running["process_id"]


def test_the_folder_and_all_in_it_are_its_owners_alone(shared: DaemonProcess) -> None:
    shared.client.post(ENTRIES, json={"text": "words"}).raise_for_status()

    modes = {
        path: stat.S_IMODE(path.stat().st_mode)
        for path in [shared.folder, *shared.folder.rglob("*")]
    }

    assert {path: mode for path, mode in modes.items() if mode & 0o077} == {}
    assert modes[shared.folder / "access.key"] == 0o600


def test_it_answers_over_a_socket_that_only_its_owner_may_open(shared: DaemonProcess) -> None:
    path = Path(shared.running["socket"])
    environment = {"MEMORY_SERVICE_DATA_FOLDER": str(shared.folder)}

    with MemoryClient(
        f"unix:{path}", api_key=(shared.folder / "access.key").read_text().strip()
    ) as client:
        client.remember("by socket", id="socket")
        found = client.get("socket")
    with pytest.raises(AccessError), MemoryClient(f"unix:{path}", api_key="no") as stranger:
        stranger.get("socket")

    assert found.text == "by socket"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.url for each in discover(None, None, environment).endpoints] == [f"unix:{path}"]


def test_ctrl_c_stops_it_cleanly_too(daemon: DaemonProcess) -> None:
    assert daemon.stop(signal.SIGINT) == 0


def test_a_silent_connection_does_not_keep_it_from_stopping(daemon: DaemonProcess) -> None:
    url = httpx2.URL(daemon.running["url"])
    with socket.create_connection((url.host, url.port or 0)) as silent:
        silent.sendall(b"POST /v1/namespaces/ns/recall HTTP/1.1\r\nHost: ")

        assert daemon.stop() == 0


def test_a_head_leaves_the_connection_fit_for_the_next_request(shared: DaemonProcess) -> None:
    shared.client.put(f"{ENTRIES}/h", json={"text": "words"}).raise_for_status()

    head = shared.client.head(f"{ENTRIES}/h")
    whole = shared.client.get(f"{ENTRIES}/h")

    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(whole.content)


def test_ids_survive_a_real_socket(shared: DaemonProcess) -> None:
    for encoded, entry_id in {"%252F": "%2F", "a%2Fb": "a/b", "x/y%3Fz": "x/y?z"}.items():
        shared.client.put(f"{ENTRIES}/{encoded}", json={"text": "words"}).raise_for_status()

        assert shared.client.get(f"{ENTRIES}/{encoded}").json()["id"] == entry_id


def test_a_body_far_too_large_gets_an_answer_not_a_broken_connection(
    shared: DaemonProcess,
) -> None:
    answer = shared.client.post(
        ENTRIES, content=b" " * (20 * 2**20), headers={"Content-Type": "application/json"}
    )

    assert answer.json()["code"] == "too_many_entries"


class OpenImport:
    """An import whose body is sent piece by piece."""

    def __init__(self, daemon: DaemonProcess) -> None:
        url = httpx2.URL(daemon.running["url"])
        self._wire = socket.create_connection((url.host, url.port or 0), timeout=30)
        self._received = self._wire.makefile("rb")
        head = (
            f"POST {ENTRIES}:import HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            f"X-API-Key: {daemon.client.headers['X-API-Key']}\r\n"
            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self._wire.sendall(head.encode())

    def send(self, part: bytes) -> None:
        """Send a piece; an empty one ends the body."""
        self._wire.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def read_until(self, text: bytes) -> bytes:
        """The line of the answer that holds *text*."""
        line = self._received.readline()
        while text not in line:
            assert line, "the answer ended"
            line = self._received.readline()
        return line

    def close(self) -> None:
        """Hang up."""
        self._received.close()
        self._wire.close()


def test_an_import_answers_while_it_is_still_being_sent(shared: DaemonProcess) -> None:
    open_import = OpenImport(shared)
    open_import.send(b'{"text": "words"}\n' * 256)

    first = open_import.read_until(b'"batch":1')
    open_import.send(b'{"text": "more words"}\n')
    open_import.send(b"")

    assert b'"lines":[1,256]' in first
    assert b'"lines":[257,257]' in open_import.read_until(b'"batch":2')
    assert b'"lines":257' in open_import.read_until(b'"done":true')
    open_import.close()


def test_work_in_flight_is_finished_before_it_stops(daemon: DaemonProcess) -> None:
    open_import = OpenImport(daemon)
    open_import.send(b'{"text": "words"}\n' * 256)
    open_import.read_until(b'"batch":1')

    daemon.process.send_signal(signal.SIGTERM)
    open_import.send(b'{"text": "more words"}\n')
    open_import.send(b"")

    assert open_import.read_until(b'"done":true')
    open_import.close()
    daemon.process.communicate(timeout=30)
    assert daemon.process.returncode == 0


def test_a_port_in_use_is_said_in_one_line(shared: DaemonProcess, tmp_path: Path) -> None:
    port = httpx2.URL(shared.running["url"]).port
    assert port is not None

    ended = refused(tmp_path / "other", port=port)

    assert ended.code == 2
    assert f"Port {port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_held_folder_is_said_in_one_line(shared: DaemonProcess) -> None:
    ended = refused(shared.folder)

    assert ended.code == 2
    assert str(shared.process.pid) in ended.stderr
    assert "--data-folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_damaged_store_is_said_in_one_line_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "store" / "memory.duckdb"
    file.parent.mkdir()
    file.write_bytes(b"not a database at all")

    ended = refused(tmp_path)

    (line,) = ended.stderr.splitlines()
    assert ended.code == 4
    assert str(file) in line
    assert "(corrupt_store)" in line
    assert file.read_bytes() == b"not a database at all"


def test_a_key_that_others_can_read_is_refused(daemon: DaemonProcess, folder: Path) -> None:
    daemon.stop()
    (folder / "access.key").chmod(0o644)

    ended = refused(folder)

    assert ended.code == 2
    assert "chmod 600" in ended.stderr


@pytest.mark.long
def test_a_kill_during_an_import_loses_nothing_that_was_acknowledged(folder: Path) -> None:
    acknowledged: list[str] = []
    with a_daemon(folder) as daemon:
        killer = threading.Event()

        def kill() -> None:
            killer.wait()
            daemon.process.kill()

        thread = threading.Thread(target=kill)
        thread.start()
        for batch in range(1000):
            entries = [{"id": f"b{batch}-{n}", "text": f"entry {n} of {batch}"} for n in range(64)]
            if batch == 8:
                killer.set()
            try:
                daemon.client.post(ENTRIES, json={"entries": entries}).raise_for_status()
            except httpx2.TransportError:
                break
            acknowledged += [entry["id"] for entry in entries]
        thread.join()
        daemon.kill()

    with a_daemon(folder) as again:
        found = stored(again)
        answer = again.client.post(RECALL, json={"query": "entry 3 of 5", "on_none": "best"}).json()

    assert len(acknowledged) >= 8 * 64
    assert set(acknowledged) <= found
    assert len(found) % 64 == 0
    assert answer["hits"]


def stored(daemon: DaemonProcess) -> set[str]:
    """The ids of every page."""
    ids: set[str] = set()
    parameters: dict[str, str | int] = {"limit": 1000}
    while True:
        page = daemon.client.get(ENTRIES, params=parameters).json()
        ids |= {entry["id"] for entry in page["entries"]}
        if page["next_cursor"] is None:
            return ids
        parameters["cursor"] = page["next_cursor"]


def test_it_says_at_start_where_it_is(shared: DaemonProcess) -> None:
    said = "".join(shared.greeting)

    for told in (shared.running["url"], str(shared.folder), shared.running["key_file"], "hashing"):
        assert told in said
