"""How fast entries come in by each way, and how fast their texts go through a model alone."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.batches import batches
from benchmarks.daemon import running_daemon
from benchmarks.http_calls import connected
from benchmarks.progress import progress
from memory_service.embedding.places import models_folders
from memory_service.embedding.search import ModelChoice, Search, Sources, candidates
from memory_service.errors import InvalidInputError
from memory_service.model.entry import contextual_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.daemon import Daemon
    from benchmarks.datasets import Dataset
    from memory_service.model.entry import EntryDraft
    from memory_service.protocols import Embedder

#: Entries whose texts are given to a model at once, as in an import.
BATCH = 256
#: Lines in one call of the import route.
_LINES = 4_096
#: Texts of one pass of the stock model.
_STOCK_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRates:
    """Entries a second through the service's own model and through stock sentence-transformers.

    `stock` is 0 where there is none to compare with.
    """

    own: float
    stock: float


def stock_model(name: str, data_folder: Path) -> Callable[[Sequence[str]], object] | None:
    """`SentenceTransformer.encode` in batches of 32, every setting but that as it comes.

    `None` for the hashing embedder, which is no model.
    """
    if name == "hashing":
        return None
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    choice = ModelChoice(name=name, folders=models_folders(data_folder))
    found = next(candidates(Search(choice, Sources(), None)))
    model = SentenceTransformer(str(found.path), device="cpu", local_files_only=True)

    def run(texts: Sequence[str]) -> object:
        return model.encode(list(texts), batch_size=_STOCK_BATCH, show_progress_bar=False)

    return run


def model_rates(
    embedder: Embedder,
    stock: Callable[[Sequence[str]], object] | None,
    drafts: Sequence[EntryDraft],
) -> ModelRates:
    """Both over the passages of these entries, a batch each in turns."""
    own = others = 0.0
    for batch in batches(drafts, BATCH):
        texts = _passages(embedder, batch)
        own += _seconds(embedder.embed, texts)
        others += _seconds(stock, texts) if stock else 0.0
    return ModelRates(own=len(drafts) / own, stock=len(drafts) / others if stock else 0.0)


def import_by_stream(dataset: Dataset, *, model: str) -> float:
    """Entries a second through the import route of a fresh daemon.

    Raises:
        InvalidInputError: If the daemon refuses an entry.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        running_daemon(Path(name), model=model) as daemon,
        progress(f"{dataset.name}: import by stream", len(dataset.entries)) as advance,
    ):
        start = time.perf_counter()
        for namespace, drafts in dataset.by_namespace().items():
            for lines in batches(drafts, _LINES):
                _stream(daemon, namespace, lines)
                advance(len(lines))
        return len(dataset.entries) / (time.perf_counter() - start)


def as_line(draft: EntryDraft) -> bytes:
    """The entry as a line of an import; what it does not have is left out."""
    given = {field.name: getattr(draft, field.name) for field in fields(draft)}
    kept = {name: value for name, value in given.items() if value not in (None, (), {})}
    return json.dumps(kept, default=_plain, ensure_ascii=False).encode() + b"\n"


def _stream(daemon: Daemon, namespace: str, drafts: Sequence[EntryDraft]) -> None:
    with connected(daemon.nearest, key=daemon.key, content="application/x-ndjson") as caller:
        body = b"".join(map(as_line, drafts))
        answer = caller.post(f"/v1/namespaces/{namespace}/entries:import", body)
    told = [json.loads(line) for line in answer.splitlines()]
    if any(line.get("rejected") for line in told) or told[-1].get("lines") != len(drafts):
        raise InvalidInputError(f"an entry for {namespace} was refused")


def _passages(embedder: Embedder, drafts: Sequence[EntryDraft]) -> list[str]:
    """The texts an import embeds for these, by length."""
    keys = [contextual_key(draft) for draft in drafts]
    return sorted(
        (
            key.header + key.body[span.start : span.stop]
            for key in keys
            for span in embedder.windows(key.header, key.body)
        ),
        key=len,
    )


def _seconds(run: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    start = time.perf_counter()
    run(texts)
    return time.perf_counter() - start


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"an entry holds no {type(value).__name__}")
