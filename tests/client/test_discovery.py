"""Where the client finds the daemon and its key."""

from __future__ import annotations

import json
import socket
from pathlib import Path  # noqa: TC003 - pytest reads it

import pytest

from agent_client._discovery import data_folder, discover

LOCAL = "http://127.0.0.1:1933"


def urls(target: object) -> list[str]:
    return [endpoint.url for endpoint in target.endpoints]  # type: ignore[attr-defined]


def daemon_folder(home: Path, **parts: str) -> dict[str, str]:
    """A data folder in its usual place; `parts` go into daemon.json."""
    folder = home / ".local" / "share" / "memory-service"
    folder.mkdir(parents=True)
    (folder / "access.key").write_text("file-key\n")
    if parts:
        (folder / "daemon.json").write_text(json.dumps(parts | {"process_id": 1}))
    return {"HOME": str(home)}


def test_with_nothing_anywhere_it_is_the_default_without_a_key(tmp_path: Path) -> None:
    target = discover(None, None, {"HOME": str(tmp_path)})

    assert (urls(target), target.api_key) == ([LOCAL], None)


def test_the_key_file_of_the_data_folder_is_found(tmp_path: Path) -> None:
    assert discover(None, None, daemon_folder(tmp_path)).api_key == "file-key"


def test_the_running_daemon_is_found_through_its_file(tmp_path: Path) -> None:
    (tmp_path / "other.key").write_text("other-key")
    environ = daemon_folder(
        tmp_path, url="http://127.0.0.1:4000", key_file=str(tmp_path / "other.key")
    )

    target = discover(None, None, environ)

    assert (urls(target), target.api_key) == (["http://127.0.0.1:4000"], "other-key")


def test_a_running_daemons_socket_comes_before_its_port(tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    environ = daemon_folder(tmp_path, url="http://127.0.0.1:4000", socket=str(path))

    gone = discover(None, None, environ)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        there = discover(None, None, environ)

    assert urls(gone) == ["http://127.0.0.1:4000"]
    assert (urls(there), there.api_key) == ([f"unix:{path}"], "file-key")


def test_the_environment_comes_before_files_and_arguments_before_both(tmp_path: Path) -> None:
    environ = daemon_folder(tmp_path, url="http://127.0.0.1:4000")
    environ |= {"MEMORY_SERVICE_URL": "http://a:1, http://b:2/", "MEMORY_SERVICE_API_KEY": "env"}

    by_environment = discover(None, None, environ)
    by_argument = discover("https://c/prefix/", "mine", environ)

    assert (urls(by_environment), by_environment.api_key) == (["http://a:1", "http://b:2"], "env")
    assert (urls(by_argument), by_argument.api_key) == (["https://c/prefix"], "mine")


@pytest.mark.parametrize("url", ["http://example.org", ["http://127.0.0.1:1", "http://10.0.0.1"]])
def test_a_key_from_a_file_leaves_this_machine_never(tmp_path: Path, url: str | list[str]) -> None:
    assert discover(url, None, daemon_folder(tmp_path)).api_key is None


def test_the_data_folder_can_be_chosen(tmp_path: Path) -> None:
    assert data_folder({"MEMORY_SERVICE_DATA_FOLDER": str(tmp_path)}) == tmp_path
    assert data_folder({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "memory-service"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 3}', "\ud800"])
def test_a_daemon_file_that_cannot_be_read_counts_as_none(tmp_path: Path, content: str) -> None:
    environ = daemon_folder(tmp_path)
    path = tmp_path / ".local" / "share" / "memory-service" / "daemon.json"
    path.write_bytes(content.encode(errors="surrogatepass"))

    assert urls(discover(None, None, environ)) == [LOCAL]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:1933",
        "ftp://host",
        "http://",
        "http://u:p@host",
        "http://h?a=b",
        "http://:p@h",
        "http://h:x",
        [],
    ],
)
def test_what_is_no_address_is_refused(url: str | list[str]) -> None:
    with pytest.raises(ValueError, match="address"):
        discover(url, "key", {})


def test_a_key_that_no_header_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        discover(LOCAL, "schlüssel", {})


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("http://127.0.0.1:1", 0.25),
        ("http://localhost", 0.25),
        ("http://[::1]:1", 0.25),
        ("http://10.0.0.1", 5.0),
        ("http://example.org", 5.0),
    ],
)
def test_a_connection_on_this_machine_comes_at_once_or_not_at_all(url: str, seconds: float) -> None:
    assert discover(url, "key", {}).endpoints[0].connect_seconds == seconds
