"""The hub's client, against a small hub of the test's own."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from memory_service.embedding.catalogue import DEFAULT
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.hub import HuggingFaceHub
from memory_service.embedding.pulling import pull_model
from memory_service.errors import ModelNotFoundError
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEIGHTS = bytes(range(256)) * 4096


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests reach this machine's own server, whatever the environment says."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hub_of(root: Path) -> type[BaseHTTPRequestHandler]:
    """Serves one model from *root*, as far as the client asks."""
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    resolve = f"/{DEFAULT.name}/resolve/{DEFAULT.revision}/"

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            if path.startswith(resolve) and path.removeprefix(resolve) in files:
                content = (root / path.removeprefix(resolve)).read_bytes()
            elif path == f"/api/models/{DEFAULT.name}/revision/{DEFAULT.revision}":
                content = json.dumps(
                    {
                        "id": DEFAULT.name,
                        "sha": DEFAULT.revision,
                        "siblings": [{"rfilename": name} for name in files],
                    }
                ).encode()
            elif path.startswith(f"/api/models/{DEFAULT.name}/tree/{DEFAULT.revision}"):
                content = json.dumps(
                    [
                        {
                            "type": "file",
                            "path": name,
                            "oid": "0" * 40,
                            "size": (root / name).stat().st_size,
                        }
                        for name in files
                    ]
                ).encode()
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("ETag", hashlib.sha1(content).hexdigest())  # noqa: S324  # not for trust
            self.send_header("X-Repo-Commit", DEFAULT.revision)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A model as published, with more beside it than is wanted."""
    root = write_model_files(tmp_path / "published", weights=WEIGHTS, dimensions=768, window=512)
    (root / "pytorch_model.bin").write_bytes(b"pickle")
    (root / "train_script.py").write_text("")
    (root / "onnx").mkdir()
    (root / "onnx" / "model.onnx").write_bytes(b"onnx")
    return root


def test_a_hub_that_answers_is_not_silent(published: Path) -> None:
    with serving(hub_of(published)) as endpoint:
        assert HuggingFaceHub(endpoint=endpoint).silence(DEFAULT, 3) == ""


def test_only_what_is_needed_is_downloaded_and_reported(published: Path, tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    with serving(hub_of(published)) as endpoint:
        path = pull_model(
            DEFAULT.name,
            tmp_path / "models",
            hub=HuggingFaceHub(endpoint=endpoint),
            progress=lambda done, total: reports.append((done, total)),
        )

    names = {one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file()}
    size = sum((path / name).stat().st_size for name in names)
    assert names == {
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert inspect_folder(path).sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert reports[-1] == (size, size)


def test_a_hub_without_the_model_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with (
        serving(hub_of(tmp_path / "empty")) as endpoint,
        pytest.raises(ModelNotFoundError, match=r"models/README\.md"),
    ):
        pull_model(DEFAULT.name, tmp_path / "models", hub=HuggingFaceHub(endpoint=endpoint))


def test_a_port_where_nobody_listens_is_silence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    silence = HuggingFaceHub(endpoint=f"http://127.0.0.1:{port}").silence(DEFAULT, 3)

    assert "cannot be reached" in silence


def test_a_hub_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"

        silence = HuggingFaceHub(endpoint=endpoint).silence(DEFAULT, 0.2)

    assert "0.2 s" in silence or "cannot be reached" in silence


def test_an_offline_machine_does_not_look_for_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert HuggingFaceHub(endpoint="http://127.0.0.1:9").silence(DEFAULT, 3) == (
        "HF_HUB_OFFLINE is set"
    )


def test_the_hubs_cache_counts_only_when_all_of_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "models--thenlper--gte-base" / "snapshots" / DEFAULT.revision
    hub = HuggingFaceHub(cache=tmp_path)
    before = hub.cached(DEFAULT)
    write_model_files(folder, weights=b"", dimensions=768, window=512)

    complete = hub.cached(DEFAULT)
    (folder / "1_Pooling" / "config.json").unlink()

    assert (before, complete, hub.cached(DEFAULT)) == (None, folder, None)
