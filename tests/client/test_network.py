"""Over a real socket on this machine: no proxy, no redirect, one connection."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from agent_client import MemoryClient, ProtocolError, RetryPolicy
from tests.client.support import RECALL

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Loopback:
    """A server on a free port that answers every request alike."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    targets: list[str] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)

    @contextmanager
    def running(self) -> Iterator[str]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                loopback.targets.append(self.path)
                loopback.connections.add(self.client_address)
                body = json.dumps(RECALL).encode()
                self.send_response(loopback.status)
                for name, value in {**loopback.headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler


def test_a_proxy_of_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recalled texts must not leave the machine through a proxy."""
    daemon, proxy = Loopback(), Loopback()
    with daemon.running() as url, proxy.running() as proxy_url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy_url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with MemoryClient(url, api_key="key") as memory:
            memory.recall("when?")

    assert daemon.targets == ["/v1/namespaces/default/recall"]
    assert proxy.targets == []


def test_a_redirect_is_not_followed() -> None:
    elsewhere = Loopback()
    with elsewhere.running() as target:
        daemon = Loopback(status=307, headers={"location": target})
        with (
            daemon.running() as url,
            MemoryClient(url, api_key="key") as memory,
            pytest.raises(ProtocolError, match="307"),
        ):
            memory.recall("when?")

    assert elsewhere.targets == []


def test_calls_share_a_connection() -> None:
    daemon = Loopback()
    with daemon.running() as url, MemoryClient(url, api_key="key") as memory:
        for _ in range(3):
            memory.recall("when?")

    assert len(daemon.connections) == 1


def test_the_first_address_that_answers_is_used() -> None:
    daemon = Loopback()
    with daemon.running() as free:
        pass
    with daemon.running() as url:
        once = RetryPolicy(attempts=1)
        with MemoryClient([free, url], api_key="key", retry=once) as memory:
            memory.recall("when?")

    assert len(daemon.targets) == 1
