"""Clients that write, ask and compare; what they were told is in a ledger."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent_client import EntryDraft
from agent_client.errors import MemoryClientError, NamespaceNotFoundError, TransportError
from benchmarks.durability_ledger import Change
from benchmarks.durability_trial import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from agent_client import MemoryClient
    from benchmarks.daemon import Daemon
    from benchmarks.durability_ledger import Ledger

#: How many write at once.
WRITERS = 4
LEDGER = "ledger"
STEADY = "steady"
_BATCH = 8
#: Shares of writes that change or forget one entry; the others store new ones.
_CHANGING, _FORGETTING = 0.2, 0.35
_WORDS = (
    *("harbour", "garden", "invoice", "ticket", "rocket"),
    *("budget", "winter", "piano", "bridge", "letter"),
)
_STEADY = 60
_SCORE_DIGITS = 6
_PROBES = 4
#: In seconds.
_AFTER_REFUSAL = 0.1

#: Id and score of every hit, by question.
Answers = list[list[tuple[str, float]]]


def send(client: MemoryClient, ledger: Ledger, change: Change) -> None:
    """Send a write, once, and note its acknowledgement.

    Raises:
        MemoryClientError: If there was none; whether it was done is not known.
    """
    ledger.begin(change)
    ids: dict[str, str] = {}
    match change.id, next(iter(change.texts.values())):
        case "", _:
            drafts = [
                EntryDraft(text=text or "", source=name) for name, text in change.texts.items()
            ]
            told = client.remember(drafts, namespace=LEDGER, idempotency_key=change.key)
            ids = dict(zip(change.texts, (one.id for one in told.outcomes), strict=True))
        case id, None:
            client.forget(id, namespace=LEDGER, idempotency_key=change.key)
        case id, text:
            client.update(id, text=text, namespace=LEDGER, idempotency_key=change.key)
    ledger.acknowledge(change, ids)


@dataclass(slots=True)
class Hand:
    """One who writes: new entries, and changes of those it wrote; after a failure only new ones."""

    ledger: Ledger
    name: str
    chance: Random
    owned: list[str] = field(default_factory=list)
    written: int = 0
    careful: bool = False

    def write(self, client: MemoryClient) -> None:
        """Send one write.

        Raises:
            MemoryClientError: If it was not acknowledged.
        """
        change = self._change()
        self.careful = True
        send(client, self.ledger, change)
        self.careful = False
        self.owned += [name for name in change.texts if not change.id]

    def _change(self) -> Change:
        self.written += 1
        key, roll = f"{self.name}-{self.written}", self.chance.random()
        if self.careful or not self.owned or roll > _FORGETTING:
            names = [f"{key}-{place}" for place in range(_BATCH)]
            return Change(key=key, texts={name: self._text(name) for name in names})
        name = self.owned.pop(self.chance.randrange(len(self.owned)))
        text = self._text(name) if roll < _CHANGING else None
        if text is not None:
            self.owned.append(name)
        return Change(key=key, texts={name: text}, id=self.ledger.ids[name])

    def _text(self, name: str) -> str:
        words = " ".join(self.chance.choices(_WORDS, k=6))
        return f"note {self.chance.randrange(10**9)} of {name} on {words}"


def write_until(
    daemon: Daemon,
    ledger: Ledger,
    *,
    cycle: int,
    seed: object,
    over: Callable[[], bool],
    told: Callable[[float], None] = lambda _began: None,
) -> None:
    """Four write until it is over, or the daemon is gone; refusals do not stop them.

    *told* is called with the monotonic time at which each acknowledged call began.
    """

    def one(number: int) -> None:
        hand = Hand(ledger, f"c{cycle}w{number}", seeded(seed, cycle, number))
        with daemon.connect(attempts=1) as client:
            while not over():
                began = time.monotonic()
                try:
                    hand.write(client)
                    told(began)
                except TransportError:
                    return
                except MemoryClientError:
                    ledger.counts["refused"] += 1
                    time.sleep(_AFTER_REFUSAL)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(one, range(WRITERS)))


def killed_after(daemon: Daemon, seconds: float) -> threading.Timer:
    """Kill the daemon in so many seconds."""
    timer = threading.Timer(seconds, daemon.kill)
    timer.start()
    return timer


def fill_steady(client: MemoryClient) -> None:
    """Store what no trial changes, so that its answers must stay."""
    chance = seeded(STEADY)
    drafts = [
        EntryDraft(
            text=f"about {' '.join(chance.choices(_WORDS, k=8))}",
            id=f"s{number}",
            session=number // 10,
        )
        for number in range(_STEADY)
    ]
    client.remember(drafts, namespace=STEADY)


def answers(client: MemoryClient) -> Answers:
    """The steady questions answered."""
    return [_hits(client, STEADY, f"the {word} of the {other}") for word, other in _pairs()]


def _pairs() -> list[tuple[str, str]]:
    return list(zip(_WORDS[::2], _WORDS[1::2], strict=True))


def _hits(client: MemoryClient, namespace: str, query: str) -> list[tuple[str, float]]:
    told = client.recall(query, namespace=namespace, on_none="best")
    return [(hit.entry.id, round(hit.score, _SCORE_DIGITS)) for hit in told.hits]


def check(client: MemoryClient, ledger: Ledger, before: Answers, chance: Random) -> list[str]:
    """Everything that is wrong with a daemon after a restart."""
    faults = ledger.compare(stored(client))
    if answers(client) != before:
        ledger.counts["different"] += 1
        faults.append("a recall is answered in another way than before")
    return faults + _not_found(client, ledger, chance)


def stored(client: MemoryClient) -> list[tuple[str, str]]:
    """Name and text of every entry of the ledger, none where there is no such namespace."""
    try:
        return [(entry.source or "", entry.text) for entry in client.iterate(namespace=LEDGER)]
    except NamespaceNotFoundError:
        return []


def _not_found(client: MemoryClient, ledger: Ledger, chance: Random) -> list[str]:
    """What is acknowledged is found by its own words."""
    unsure = {name for change in ledger.unsettled for name in change.texts}
    names = sorted(ledger.texts.keys() - unsure)
    missed = 0
    for name in chance.sample(names, min(_PROBES, len(names))):
        told = client.recall(ledger.texts[name], namespace=LEDGER, on_none="best")
        missed += all(hit.entry.source != name for hit in told.hits)
    ledger.counts["not found"] += missed
    return [f"{missed} acknowledged entries are not found by their own words"] * bool(missed)


def settle(client: MemoryClient, ledger: Ledger) -> None:
    """Send what is not settled once more, under the same keys: it must happen once.

    Raises:
        MemoryClientError: If one is not acknowledged.
    """
    for change in list(ledger.unsettled):
        ledger.counts["sent again"] += 1
        send(client, ledger, change)
