"""The composition root: which parts a daemon is made of, and how it runs."""

from __future__ import annotations

import os
import secrets
import sys
import time
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from memory_service.api import server
from memory_service.api.access import AccessPolicy
from memory_service.api.application import build_application
from memory_service.api.backups import Backups
from memory_service.api.cursors import CursorSigner
from memory_service.api.ending import Ending
from memory_service.api.lanes import Lanes
from memory_service.api.service import Identity, Readiness, Service
from memory_service.backends.local import LocalBackend, LocalOptions
from memory_service.backends.restoring import finish_restore
from memory_service.data_folder import (
    KEY_FILE,
    SOCKET_FILE,
    FolderLock,
    RunningDaemon,
    access_key,
    announce,
    node_id,
    withdraw,
)
from memory_service.embedding.cross_encoder import load_reranker
from memory_service.embedding.probe import cached_floor
from memory_service.embedding.resolve import resolve_model
from memory_service.engine.engine import MemoryEngine
from memory_service.engine.next_models import AnotherModel
from memory_service.engine.options import EngineOptions
from memory_service.engine.uuid7 import RANDOM_BYTES, uuid7
from memory_service.errors import ConfigurationError
from memory_service.failpoints import armed
from memory_service.model.history import Keeping
from memory_service.model_loading import (
    WishedModels,
    batching,
    model_status,
    ranking_options,
    serving_choice,
)
from memory_service.store.hooks import Hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

    from memory_service.protocols import Embedder, EmbedderIdentity
    from memory_service.settings import Settings

_OWNER_ONLY = 0o077


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody(_reason: str) -> None:
    """Whoever has an engine without a daemon sees the errors of its calls."""


def create_engine(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = _utc_now,
    progress: Callable[[int, int], None] | None = None,
    adjust: Callable[[EngineOptions], EngineOptions] = lambda options: options,
    wrap: Callable[[Embedder], Embedder] = lambda embedder: embedder,
    on_failed: Callable[[str], None] = _nobody,
) -> MemoryEngine:
    """Open the data folder and everything over it; `close()` of the engine gives it up again.

    Args:
        settings: What to run with.
        clock: The time now, aware.
        progress: Called during a model's download with bytes done and bytes in all.
        adjust: Changes the options that follow from the settings, to measure without a part.
        wrap: What to put around the model, to measure with another one or to keep its vectors;
            one that gives other vectors has another identity.
        on_failed: Called with the reason when the store failed for good and the process must end.

    Raises:
        ConfigurationError: If the folder is held, or the model or the store cannot be used.
        StorageError: If the store is damaged.
    """
    lock = FolderLock.hold(settings.data_folder)
    try:
        finish_restore(settings.data_folder)
        hooks = Hooks(on_failed=on_failed, reach=armed(settings.failpoint or ""))
        backend = LocalBackend.open(
            settings.data_folder, options=local_options(settings), clock=clock, hooks=hooks
        )
        return _engine(
            settings, lock, backend, clock=clock, progress=progress, adjust=adjust, wrap=wrap
        )
    except BaseException:
        lock.release()
        raise


@contextmanager
def opened_store(
    settings: Settings, *, clock: Callable[[], datetime] = _utc_now
) -> Iterator[LocalBackend]:
    """The store of the data folder without a model or a daemon, for what needs neither.

    Raises:
        ConfigurationError: If the folder is held, or holds no store.
        StorageError: If the store is damaged.
    """
    folder = settings.data_folder
    missing = ConfigurationError(f"There is no store in {folder}; name another --data-folder.")
    if not folder.is_dir():
        raise missing
    with FolderLock.hold(folder):
        finish_restore(folder)
        if not (folder / "store" / "memory.duckdb").exists():
            raise missing
        backend = LocalBackend.open(folder, options=local_options(settings), clock=clock)
        with closing(backend):
            yield backend


def _engine(
    settings: Settings,
    lock: FolderLock,
    backend: LocalBackend,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None] | None,
    adjust: Callable[[EngineOptions], EngineOptions],
    wrap: Callable[[Embedder], Embedder],
) -> MemoryEngine:
    try:
        choice = serving_choice(settings, backend.embedder_identity())
        model = resolve_model(choice, progress=progress)
        if model.embedder:
            model = replace(model, embedder=wrap(model.embedder))
        embedder = batching(model, settings)
        backend.bind(embedder.identity if embedder else None)
        floor = cached_floor(embedder, settings.data_folder / "cache") if embedder else None
        reranker = load_reranker(settings.reranker, threads=settings.model_threads)
    except BaseException:
        backend.close()
        raise
    engine = MemoryEngine(
        backend=backend,
        embedder=embedder,
        patient_embedder=embedder.patient if embedder else None,
        model=model_status(model),
        floor=floor,
        options=adjust(_engine_options(settings, embedder.identity if embedder else None)),
        clock=clock,
        new_id=lambda: uuid7(clock(), secrets.token_bytes(RANDOM_BYTES)),
        reranker=reranker,
        on_closed=lock.release,
        another_model=AnotherModel(
            reembedding=backend.reembedding, wishes=WishedModels(settings=settings)
        ),
    )
    engine.start()
    return engine


def local_options(settings: Settings) -> LocalOptions:
    """How the backend over the data folder behaves."""
    return LocalOptions(
        k1=settings.bm25_k1,
        b=settings.bm25_b,
        exact_limit=settings.exact_limit,
        flat_limit=settings.flat_limit,
        growing_limit=settings.growing_limit,
        matrix_bytes=settings.vector_cache_megabytes << 20,
        memory_limit=settings.duckdb_memory_limit,
        threads=settings.duckdb_threads,
        checkpoint_threshold=settings.checkpoint_threshold,
        default_language=settings.language,
        idempotency_hours=settings.idempotency_hours,
        keeping=Keeping(versions=settings.history_versions, undo_hours=settings.undo_hours),
        disk_warn_percent=settings.disk_warn_percent,
        disk_refuse_percent=settings.disk_refuse_percent,
        reserve_bytes=settings.reserve_megabytes << 20,
    )


def _engine_options(settings: Settings, model: EmbedderIdentity | None) -> EngineOptions:
    return EngineOptions(
        ranking=ranking_options(settings, model),
        worth=settings.cut_worth,
        depth=settings.depth,
        rerank_depth=settings.reranker_depth,
        rerank_weight=settings.reranker_weight,
        embed_batch=settings.embed_batch,
        maintenance_seconds=settings.maintenance_seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """An engine with its HTTP application."""

    app: FastAPI
    service: Service


def create_daemon(
    engine: MemoryEngine,
    settings: Settings,
    *,
    port: int,
    key: str,
    process_id: str,
    readiness: Readiness | None = None,
) -> Daemon:
    """Put the HTTP application over an engine; *port* is the one that callers name in `Host`."""
    service = Service(
        engine=engine,
        lanes=Lanes(),
        cursors=CursorSigner(key.encode()),
        identity=Identity(
            version=_version(),
            node_id=node_id(settings.data_folder),
            process_id=process_id,
            data_folder=str(settings.data_folder),
            started=time.monotonic(),
        ),
        readiness=readiness or Readiness(),
        monotonic=time.monotonic,
        backups=Backups(time.monotonic),
    )
    policy = AccessPolicy.local(host=settings.host, port=port, key=key)
    app = build_application(service, policy, new_id=lambda: uuid.uuid4().hex)
    return Daemon(app=app, service=service)


def serve(
    settings: Settings,
    *,
    progress: Callable[[int, int], None] | None = None,
    wrap: Callable[[Embedder], Embedder] = lambda embedder: embedder,
) -> None:
    """Run the daemon in the main thread until SIGTERM or SIGINT; then drain, close and return.

    Lines on standard output tell a person where it runs.

    Args:
        settings: What to run with.
        progress: As for `create_engine`.
        wrap: As for `create_engine`.

    Raises:
        ConfigurationError: If it cannot start; the message says what to change.
        StorageError: If the store is damaged.

    Where the store fails for good meanwhile, the process ends; see `Ending`.
    """
    os.umask(_OWNER_ONLY)
    server.configure_logging(settings.log_level)
    readiness = Readiness()
    ending = Ending(readiness)
    with server.bind(settings.host, settings.port) as taken:
        engine = create_engine(
            settings, progress=progress, wrap=wrap, on_failed=ending.store_failed
        )
        try:
            _run(engine, settings, taken, readiness)
        finally:
            engine.close()


def _run(
    engine: MemoryEngine, settings: Settings, taken: server.Socket, readiness: Readiness
) -> None:
    folder, port = settings.data_folder, taken.getsockname()[1]
    by_file = server.bind_file(folder / SOCKET_FILE) if settings.unix_socket else None
    listening = [taken, by_file] if by_file else [taken]
    running = RunningDaemon(
        url=f"http://{server.url_host(taken)}:{port}",
        key_file=str(folder / KEY_FILE),
        process_id=uuid.uuid4().hex,
        pid=os.getpid(),
        socket=str(folder / SOCKET_FILE) if by_file else "",
    )
    key = access_key(folder)
    daemon = create_daemon(
        engine,
        settings,
        port=port,
        key=key,
        process_id=running.process_id,
        readiness=readiness,
    )
    for each in listening:
        server.listen(each)
    announce(folder, running)
    try:
        _say(_greeting(engine, running, settings))
        server.run(daemon.app, listening, on_stopping=daemon.service.readiness.withdraw)
    finally:
        withdraw(folder)
        daemon.service.lanes.close()
        daemon.service.backups.stop()
        for each in listening:
            each.close()


def _greeting(engine: MemoryEngine, running: RunningDaemon, settings: Settings) -> list[str]:
    status = engine.status()
    model = status.model
    return [
        f"address      {running.url}  (API page: {running.url}/docs)",
        f"data folder  {settings.data_folder}",
        f"key          {running.key_file}",
        f"model        {model.identity.name} ({model.source})"
        if model.identity
        else "model        NONE: recall is by words alone",
        f"             {model.detail}",
        *([f"reranker     {settings.reranker}"] if settings.reranker else []),
        *([f"DAMAGED      {status.damage}"] if status.damage else []),
    ]


def _say(lines: list[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _version() -> str:
    try:
        return version("memory-service")
    except PackageNotFoundError:
        return "unknown"
