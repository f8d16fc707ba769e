"""A daemon killed while another model takes over.

What was acknowledged must be there afterwards, and the hits' cosines must be those of one model,
computed from the texts themselves.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.daemon import running_daemon
from benchmarks.durability_trial import Finding, Trial
from memory_service.backends.local_options import LocalOptions
from memory_service.backends.verifying.verifying import verify
from memory_service.data_folder import wish_model
from memory_service.embedding.hashing import HashingEmbedder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agent_client import MemoryClient
    from agent_client.models import Recall
    from benchmarks.durability_trial import Task

#: When the daemon is killed, by the share of the entries that have their new vectors.
STAGES: Mapping[str, float] = {"begun": 0.0, "half": 0.5, "last": 0.9, "switched": 2.0}
_OLD, _NEW = HashingEmbedder(), HashingEmbedder(128)
_QUESTIONS = ("rocket budget 17", "kettle and tea 40", "launch in june 77")
_ENTRIES = 1_500
_CLOSE = 3e-3
_LOOK = 0.002
_MOST_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReembedKilled:
    """What a kill did.

    `done_before` entries had their new vectors when they were last counted before the kill, and
    `done_after` when they were first counted after the restart.  `mixed` answers held a cosine
    of no model or of two.  `served` is the number of dimensions of the model in the end, and
    `odd` are the codes of what `verify` finds then.
    """

    stage: str
    acknowledged: int
    lost: int
    duplicates: int
    done_before: int
    done_after: int
    answers: int
    mixed: int
    served: int
    odd: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is lost, double, mixed or done twice, and the new model serves."""
        wrong = self.lost + self.duplicates + self.mixed + len(self.odd)
        return not wrong and self.done_after >= self.done_before and self.served == _NEW_DIMENSIONS


_NEW_DIMENSIONS = _NEW.identity.dimensions


def killed_while_reembedding(folder: Path, stage: str, *, entries: int, seed: int) -> ReembedKilled:
    """Fill a store, begin, write on, kill the daemon at *stage*, start it again, let it finish."""
    rest = Random(seed)  # noqa: S311  # words for a trial
    told: dict[str, str] = {}
    answers: list[Recall] = []
    with running_daemon(folder, model="hashing") as daemon, daemon.connect() as client:
        _write(client, told, entries, rest)
        answers += _ask(client)
        wish_model(folder, f"hashing-{_NEW_DIMENSIONS}")
        client.reembed()
        before = _until(client, told, answers, STAGES[stage], rest)
        daemon.kill()
    with running_daemon(folder, model="auto") as daemon, daemon.connect() as client:
        status = client.status()
        after = status.reembed.done if status.reembed else len(told)
        _until(client, told, answers, STAGES["switched"], rest)
        answers += _ask(client)
        found = Counter(entry.id for entry in client.iterate())
        texts = {entry.id: entry.text for entry in client.iterate()}
        served = client.status().model.dimensions or 0
    report = verify(folder, now=datetime.now(UTC), options=LocalOptions())
    return ReembedKilled(
        stage=stage,
        acknowledged=len(told),
        lost=sum(texts.get(id) != text for id, text in told.items()),
        duplicates=sum(found.values()) - len(found),
        done_before=before,
        done_after=after,
        answers=len(answers),
        mixed=sum(_is_mixed(answer) for answer in answers),
        served=served,
        odd=tuple(finding.code for finding in report.findings),
    )


def _write(client: MemoryClient, told: dict[str, str], count: int, rest: Random) -> None:
    words = ("rocket", "budget", "kettle", "tea", "launch", "june", "and", "in")
    fresh = {
        f"e{len(told) + number}": f"{' '.join(rest.sample(words, 3))} {rest.randrange(10**6)}"
        for number in range(count)
    }
    drafts = [{"id": id, "text": text} for id, text in fresh.items()]
    for _ in client.remember_many(drafts):
        pass
    told |= fresh


def _until(
    client: MemoryClient, told: dict[str, str], answers: list[Recall], share: float, rest: Random
) -> int:
    """Write and ask until so great a share is done, or all; how many were when last counted."""
    until = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < until:
        reembed = client.status().reembed
        if reembed is None:
            return len(told)
        if reembed.state == "embedding" and reembed.done >= share * reembed.total:
            return reembed.done
        _write(client, told, 1, rest)
        answers += _ask(client)
        time.sleep(_LOOK)
    raise TimeoutError("another model did not take over in time")


def _ask(client: MemoryClient) -> list[Recall]:
    return [client.recall(question, cut="off") for question in _QUESTIONS]


def _is_mixed(answer: Recall) -> bool:
    """Whether its cosines are neither all of the old model nor all of the new one."""
    return not any(_is_of(model, answer) for model in (_OLD, _NEW))


def _is_of(model: HashingEmbedder, answer: Recall) -> bool:
    told = [(hit.entry.text, hit.legs.cosine) for hit in answer.hits if hit.legs.cosine is not None]
    query, *rows = model.embed([answer.query, *(text for text, _ in told)])
    exact = np.array([row @ query for row in rows])
    return np.allclose(exact, np.array([cosine for _, cosine in told]), atol=_CLOSE)


def kills_while_reembedding(task: Task) -> Finding:
    """Kill it at each stage in turn."""
    counts, faults = Counter[str](cycles=task.cycles), []
    stages = tuple(STAGES)
    for cycle in range(task.cycles):
        stage = stages[cycle % len(stages)]
        folder = task.folder / str(cycle)
        folder.mkdir()
        found = killed_while_reembedding(folder, stage, entries=_ENTRIES, seed=task.seed + cycle)
        counts.update(acknowledged=found.acknowledged, answers=found.answers)
        faults += [] if found.passed else [f"cycle {cycle}: {found}"]
        task.advance(1)
    return Finding(counts=dict(counts), faults=tuple(faults))


REEMBEDDING = Trial(
    name="killed while reembedding",
    about="the daemon is killed while another model takes over, and goes on with it",
    short=len(STAGES),
    long=20 * len(STAGES),
    run=kills_while_reembedding,
)
