"""Stand-ins for the daemon and for time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from agent_client import AsyncMemoryClient, MemoryClient, RetryPolicy, Seams

URL = "http://127.0.0.1:1933"
FIRST, SECOND = "http://127.0.0.1:1", "http://127.0.0.1:2"
OUTCOME = {"status": "created", "id": "a", "version": 1, "embedded": True, "position": "1:2:ab"}
ENTRY: dict[str, Any] = {
    "namespace": "default",
    "id": "trip-1",
    "text": "We moved the launch.",
    "speaker": "Ann",
    "event_time": "2024-05-20T09:30:00+02:00",
    "tags": ["launch"],
    "metadata": {"priority": 3},
    "version": 1,
    "created_at": "2024-05-20T09:30:00Z",
    "updated_at": "2024-05-20T09:30:00Z",
    "content_hash": "00",
    "embedded": True,
}
HIT: dict[str, Any] = {
    "rank": 1,
    "score": 0.71,
    "entry": ENTRY,
    "legs": {"cosine": 0.62, "bm25": 4.1, "dense": 0.55, "lexical": 0.48, "fused": 1.0},
    "span": {"start": 3, "stop": 8},
    "words": ["launch"],
    "why": "holds “launch”; moved by time +0.40",
    "moved_by": {"time": 0.2},
    "context": [
        {
            "id": "trip-0",
            "text": "Shall we?",
            "speaker": "Bob",
            "event_time": "2024-05-20T09:29:00+02:00",
            "session": "s",
            "turn": 3,
            "steps": -1,
        }
    ],
    "duplicates": ["trip-00"],
    "tokens": 5,
}
QUERY_ANSWER: dict[str, Any] = {
    "query": "when?",
    "hits": [HIT],
    "nearest": [],
    "evidence": "strong",
    "probability": 0.93,
    "calibration": "generic",
    "cut": {"reason": "unlikely", "considered": 57, "below": 56, "next_score": 0.18},
    "degraded": [],
    "truncated": False,
    "tokens": 5,
    "token_estimator": "utf8/4",
}
SHARED: dict[str, Any] = {
    "model": "all-MiniLM-L6-v2",
    "served_by": "n1",
    "role": "primary",
    "position": "1:17:ab",
    "staleness_seconds": 0.0,
    "timings_ms": {"embed": 8.1},
}
RECALL = {**QUERY_ANSWER, **SHARED}

Step = httpx2.Response | Exception


def answer(status: int = 200, body: object = None, **headers: str) -> httpx2.Response:
    """An answer with a JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json={} if body is None else body, headers=named)


def problem(status: int, code: str, **headers: str) -> httpx2.Response:
    """A problem."""
    body = {"status": status, "code": code, "detail": f"about {code}", "instance": "r-1"}
    return answer(status, body, **headers)


@dataclass
class Daemon:
    """Gives the steps of its script, the last one for ever, and keeps every request."""

    script: list[Step]
    requests: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        step = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        return httpx2.Response(step.status_code, headers=step.headers, content=step.content)

    @property
    def bodies(self) -> list[Any]:
        """The JSON of every request that had some."""
        return [json.loads(request.content) for request in self.requests if request.content]


@dataclass
class Clock:
    """Seconds that pass only by sleeping, or by hand."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def seams(self, jitter: float = 0.5) -> Seams:
        """Seams over this clock, with keys `key-1`, `key-2` and so on."""
        keys = (f"key-{number}" for number in range(1, 1000))
        return Seams(
            clock=self,
            sleep=self.sleep,
            sleep_async=self.sleep_async,
            jitter=lambda: jitter,
            new_key=lambda: next(keys),
        )


def client(
    daemon: Daemon,
    *,
    urls: str | list[str] = URL,
    clock: Clock | None = None,
    retry: RetryPolicy | None = None,
) -> MemoryClient:
    """A client of this daemon."""
    return MemoryClient(
        urls,
        api_key="key",
        seams=(clock or Clock()).seams(),
        retry=retry or RetryPolicy(),
        transport=httpx2.MockTransport(daemon),
    )


def async_client(
    daemon: Daemon, *, urls: str | list[str] = URL, clock: Clock | None = None
) -> AsyncMemoryClient:
    """The same for the other face."""
    return AsyncMemoryClient(
        urls,
        api_key="key",
        seams=(clock or Clock()).seams(),
        transport=httpx2.MockTransport(daemon),
    )
