"""What a daemon over a folder answers, in a process of its own: it may be damaged in any way.

The processes are forked from one that has loaded everything, so that each takes a moment.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from benchmarks.durability_trial import seeded
from memory_service.app import create_daemon, create_engine
from memory_service.data_folder import access_key
from memory_service.engine.requests import RememberRequest
from memory_service.errors import MemoryServiceError
from memory_service.model.entry import EntryDraft
from memory_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from httpx2 import Response

    from memory_service.engine.engine import MemoryEngine

NAMESPACES = ("first", "second")
_PORT = 1933
_ANSWERED = 200
_SAVED, _IN_THE_LOG = 60, 12
_WORDS = ("harbour", "garden", "invoice", "ticket", "rocket", "budget", "winter", "piano")
_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was answered.

    Args:
        refusal: Why it did not start or did not answer, as the service says it; then nothing else.
        broken: What went wrong that the service did not say: a fault of ours, or a dead process.
        said: What it says of its own state: a role that is not the usual, what is degraded.
        state: Entries and position.
        recalls: Ids and scores of hits.
    """

    refusal: str = ""
    broken: str = ""
    said: tuple[str, ...] = ()
    state: object = None
    recalls: object = None


class _RefusedError(Exception):
    """The service answered with a problem."""


def settings_of(folder: Path) -> Settings:
    """Of a daemon that does nothing by itself but at its start."""
    return Settings(
        data_folder=folder,
        model="hashing",
        maintenance_seconds=3600,
        reserve_megabytes=0,
        disk_warn_percent=0,
        disk_refuse_percent=0,
        log_level="error",
    )


def make_store(folder: Path) -> str:
    """A store with saved indexes, and changes after them in the log alone; its access key."""
    for work in (_fill, _change_and_die):
        process = _forked(work, folder)
        process.join(_SECONDS)
    return access_key(folder)


def look(folder: Path, key: str) -> Seen:
    """What a daemon over *folder* answers to whoever has *key*."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = _forked(_tell, folder, key, theirs)
    theirs.close()
    try:
        seen: Seen = ours.recv() if ours.poll(_SECONDS) else Seen(broken="it hangs")
    except EOFError:
        process.join(_SECONDS)
        seen = Seen(broken=f"the process ended with {process.exitcode}")
    process.kill()
    process.join()
    return seen


def _forked(work: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.durability_look"])
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def _remember(engine: MemoryEngine, numbers: range) -> None:
    chance = seeded(numbers)
    for namespace in NAMESPACES:
        drafts = tuple(
            EntryDraft(
                id=f"e{number}",
                text=f"note {number} about {' '.join(chance.choices(_WORDS, k=6))}",
                session=f"session {number // 10}",
                turn=number,
                metadata={"number": number},
            )
            for number in numbers
        )
        engine.remember(RememberRequest(namespace=namespace, drafts=drafts))


def _fill(folder: Path) -> None:
    engine = create_engine(settings_of(folder))
    access_key(folder)
    _remember(engine, range(_SAVED))
    engine.close()


def _change_and_die(folder: Path) -> None:
    engine = create_engine(settings_of(folder))
    for start in range(_SAVED, _SAVED + _IN_THE_LOG, 4):
        _remember(engine, range(start, start + 4))
    for number in range(3):
        engine.forget(NAMESPACES[0], f"e{number}")
    os.kill(os.getpid(), signal.SIGKILL)


def _tell(folder: Path, key: str, to: Connection) -> None:
    try:
        seen = _answers(folder, key)
    except MemoryServiceError as error:
        seen = Seen(refusal=f"{type(error).__name__}: {error.detail}")
    except _RefusedError as error:
        seen = Seen(refusal=str(error))
    except Exception as error:  # noqa: BLE001  # the process's boundary; told as a fault
        seen = Seen(broken=f"{type(error).__name__}: {error}")
    to.send(seen)


def _answers(folder: Path, key: str) -> Seen:
    settings = settings_of(folder)
    engine = create_engine(settings)
    own = access_key(folder)
    app = create_daemon(engine, settings, port=_PORT, key=own, process_id="look").app
    client = TestClient(app, base_url=f"http://127.0.0.1:{_PORT}", headers={"X-API-Key": key})
    said: set[str] = set()
    entries = {
        name: _get(client, f"/v1/namespaces/{name}/entries?limit=1000") for name in NAMESPACES
    }
    recalls = [_recall(client, name, word, said) for name in NAMESPACES for word in _WORDS]
    status = _get(client, "/v1/status")
    if status["role"] != "primary":
        said.add(str(status["role"]))
    state = (entries, status["position"], status["entries"], status["pending"])
    return Seen(said=tuple(sorted(said)), state=state, recalls=recalls)


def _recall(
    client: TestClient, namespace: str, word: str, said: set[str]
) -> list[tuple[str, float]]:
    body = {"query": f"the {word} note", "on_none": "best", "limit": 10}
    told = _json(client.post(f"/v1/namespaces/{namespace}/recall", json=body))
    said.update(each["code"] if isinstance(each, dict) else str(each) for each in told["degraded"])
    return [(hit["entry"]["id"], round(hit["score"], 6)) for hit in told["hits"]]


def _get(client: TestClient, path: str) -> dict[str, Any]:
    return _json(client.get(path))


def _json(response: Response) -> dict[str, Any]:
    told: dict[str, Any] = response.json()
    if response.status_code != _ANSWERED:
        if told["code"] == "internal":
            raise RuntimeError(told["detail"])
        raise _RefusedError(told["code"])
    return told
