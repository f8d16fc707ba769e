"""What is done to a daemon: an import, a restart, a kill in the middle of an import."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent_client.errors import MemoryClientError
from benchmarks.daemon import running_daemon
from benchmarks.progress import progress
from benchmarks.sending import send, send_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent_client import MemoryClient, Recall
    from benchmarks.daemon import Daemon
    from benchmarks.datasets import Dataset, Question

#: Entries the client sends in one call.
_BATCH = 256
#: How many batches an import lives at most before it is killed.
_LATEST_KILL = 8.0
_SCORE_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """What a restart changed.

    Of so many `questions`, `same` had the same hits with the same scores.  `seconds` go from
    the start of the process to its first answer.  `embedded_again` texts were embedded before
    the first question was asked, `embedded_for_questions` afterwards.
    """

    questions: int
    same: int
    seconds: float
    embedded_again: int
    embedded_for_questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """One import that was killed, and what a new daemon found.

    `acknowledged` entries had an answer before the kill; `lost` of them were gone or had
    another text.  `stored` is how many entries there were in all.  `answered`: the new daemon
    answered a recall with a hit (false when there was nothing to find).
    """

    after_seconds: float
    acknowledged: int
    stored: int
    lost: int
    answered: bool


def time_import(client: MemoryClient, dataset: Dataset) -> float:
    """Import the set; the seconds it took."""
    start = time.perf_counter()
    with progress(f"{dataset.name}: import", len(dataset.entries)) as advance:
        send_all(client, dataset, advance)
    return time.perf_counter() - start


def ask_all(client: MemoryClient, questions: Sequence[Question]) -> list[Recall]:
    """Ask one after the other."""
    with progress("recall", len(questions)) as advance:
        answers = []
        for asked in questions:
            answers.append(client.recall(asked.text, namespace=asked.namespace))
            advance(1)
    return answers


def restart(
    folder: Path, *, model: str, questions: Sequence[Question], before: Sequence[Recall]
) -> Restarted:
    """Start a daemon over *folder* and compare its answers with those from *before*."""
    start = time.perf_counter()
    with running_daemon(folder, model=model) as daemon, daemon.connect() as client:
        embedded_again = client.status().embedded_texts
        seconds = time.perf_counter() - start
        after = ask_all(client, questions)
        embedded = client.status().embedded_texts
    pairs = zip(before, after, strict=True)
    return Restarted(
        questions=len(questions),
        same=sum(_shape(old) == _shape(new) for old, new in pairs),
        seconds=seconds,
        embedded_again=embedded_again,
        embedded_for_questions=embedded - embedded_again,
    )


def kill_while_importing(dataset: Dataset, *, model: str, rate: float, seed: int) -> Killed:
    """Kill a fresh daemon at a random moment of an import, then look at what it kept.

    Args:
        dataset: What is imported.
        model: As in the settings.
        rate: Entries a second the import is expected to run at; sets the range of moments.
        seed: Of the moment.
    """
    batches = min(_LATEST_KILL, max(1.3, 0.9 * len(dataset.entries) / _BATCH))
    after = float(np.random.default_rng(seed).uniform(1.2, batches)) * _BATCH / rate
    with tempfile.TemporaryDirectory() as folder:
        with running_daemon(Path(folder), model=model) as daemon:
            acknowledged = _import_until_killed(daemon, dataset, after)
        with running_daemon(Path(folder), model=model) as daemon:
            return _look(daemon, dataset, acknowledged, after)


def count_lost(
    acknowledged: Sequence[str], *, sent: Mapping[str, str], kept: Mapping[str, str]
) -> int:
    """How many acknowledged entries are gone or have another text; both map ids to texts."""
    return sum(kept.get(one) != sent[one] for one in acknowledged)


def _import_until_killed(daemon: Daemon, dataset: Dataset, after: float) -> list[str]:
    """The ids that were acknowledged before the daemon was gone."""
    acknowledged: list[str] = []
    killer = threading.Timer(after, daemon.kill)
    killer.start()
    with daemon.connect(attempts=1) as client:
        try:
            for batch in send(client, dataset):
                acknowledged += batch
        except MemoryClientError:
            killer.join()
            if daemon.running:
                raise
    killer.join()
    return acknowledged


def _look(daemon: Daemon, dataset: Dataset, acknowledged: list[str], after: float) -> Killed:
    sent = {placed.draft.id: placed for placed in dataset.entries}
    with daemon.connect() as client:
        names = [space.name for space in client.namespaces()]
        kept = {entry.id: entry.text for name in names for entry in client.iterate(namespace=name)}
        probe = sent[acknowledged[-1]] if acknowledged else None
        answer = client.recall(probe.draft.text, namespace=probe.namespace) if probe else None
    return Killed(
        after_seconds=after,
        acknowledged=len(acknowledged),
        stored=len(kept),
        lost=count_lost(
            acknowledged, sent={id: one.draft.text for id, one in sent.items()}, kept=kept
        ),
        answered=bool(answer and answer.hits),
    )


def _shape(answer: Recall) -> list[tuple[str, float]]:
    return [(hit.entry.id, round(hit.score, _SCORE_DIGITS)) for hit in answer.hits]
