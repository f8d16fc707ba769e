"""The command line over a daemon in this process, with everything it prints caught."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx2
from rich.console import Console

from agent_client import MemoryClient, RetryPolicy
from memory_service.cli.main import main
from memory_service.cli.runner import Finished
from memory_service.cli.world import Address, World
from tests.support.daemon_app import HOST, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.testclient import TestClient

NOW = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
LAUNCH = "We moved the launch to the second of June."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class AppTransport(httpx2.BaseTransport):
    """Sends to an application in this process; every path is noted before it goes out."""

    def __init__(self, app: TestClient, before: Callable[[httpx2.Request], None]) -> None:
        self._app = app
        self._before = before

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._before(request)
        answer = self._app.request(
            request.method,
            str(request.url),
            content=request.read(),
            headers=dict(request.headers),
        )
        return httpx2.Response(
            answer.status_code, headers=dict(answer.headers), content=answer.content
        )


@dataclass(slots=True)
class FakeRunner:
    """Notes the programs it is asked to run; `answers` are taken in order, then all is well."""

    programs: frozenset[str] = frozenset({"systemctl", "journalctl"})
    answers: list[Finished] = field(default_factory=list)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    captured: list[bool] = field(default_factory=list)

    def has(self, program: str) -> bool:
        return program in self.programs

    def __call__(self, command: Sequence[str], *, capture: bool) -> Finished:
        self.ran.append(tuple(command))
        self.captured.append(capture)
        return self.answers.pop(0) if self.answers else Finished(code=0, output="")


@dataclass(slots=True)
class CommandLine:
    """Runs commands.

    `before` sees every request; what it raises is what the network would have raised.
    """

    environ: Mapping[str, str]
    app: TestClient | None = None
    runner: FakeRunner = field(default_factory=FakeRunner)
    before: Callable[[httpx2.Request], None] = field(default=lambda _: None)

    def __call__(
        self, *arguments: str, stdin: bytes = b"", width: int = 100, terminal: bool = False
    ) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        world = World(
            environ=self.environ,
            stdin=io.BytesIO(stdin),
            out=Console(file=out, width=width),
            err=Console(file=err, width=width, force_terminal=terminal),
            connect=self._connect,
            run=self.runner,
            clock=lambda: NOW,
        )
        code = main(arguments, world=world)
        return Ended(code=code, out=out.getvalue(), err=err.getvalue())

    def _connect(self, address: Address) -> MemoryClient:
        assert self.app is not None, "this command was not to reach for a daemon"
        return MemoryClient(
            address.url or f"http://{HOST}",
            api_key=address.key_file.read_text() if address.key_file else KEY,
            namespace=address.namespace,
            retry=RetryPolicy(attempts=1),
            transport=AppTransport(self.app, self.before),
        )


def remembered(cli: CommandLine, *ids: str) -> None:
    """Remember an entry of the launch for each of these ids."""
    for number, id in enumerate(ids):
        ended = cli("remember", f"entry {number}: {LAUNCH}", "--id", id)
        assert ended.code == 0, ended.err
