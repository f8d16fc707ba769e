"""What a daemon was asked to keep and what it said it has: an exact dict, kept by the clients."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write: the texts that its names have afterwards, `None` for what it forgets.

    `key` is its idempotency key.  `id` is the service's for the one entry that it changes, and
    empty where it stores new ones.  A name is an entry's `source`; the service chooses ids.
    """

    key: str
    texts: Mapping[str, str | None]
    id: str = ""


@dataclass(slots=True)
class Ledger:
    """Texts by name, as acknowledged, and writes whose outcome is not known; thread-safe.

    Nobody writes to a name of which a write is not settled.
    """

    texts: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    unsettled: list[Change] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, change: Change) -> None:
        """Note a write that is about to be sent."""
        with self._lock:
            if change not in self.unsettled:
                self.unsettled.append(change)

    def acknowledge(self, change: Change, ids: Mapping[str, str]) -> None:
        """Note that it was acknowledged, and the ids of what it stored."""
        with self._lock:
            self.unsettled.remove(change)
            self._apply(change)
            self.ids.update(ids)
            self.counts["acknowledged"] += len(change.texts)

    def _apply(self, change: Change) -> None:
        for name, text in change.texts.items():
            if text is None:
                self.texts.pop(name, None)
            else:
                self.texts[name] = text

    def compare(self, listed: Sequence[tuple[str, str]]) -> list[str]:
        """What is wrong with the names and texts that a daemon has.

        A write not settled may be there or not.
        """
        stored = dict(listed)
        with self._lock:
            faults = [fault for change in self.unsettled for fault in self._torn(change, stored)]
            expected = dict(self.texts)
            for change in self.unsettled:
                for name in change.texts:
                    expected.pop(name, None)
                    stored.pop(name, None)
        lost = sum(stored.get(name) != text for name, text in expected.items())
        strange = len(stored.keys() - expected.keys())
        doubled = len(listed) - len(dict(listed))
        for word, number in (("lost", lost), ("strange", strange), ("doubled", doubled)):
            self.counts[word] += number
            faults += [f"{number} entries {word}"] * bool(number)
        return faults

    def _torn(self, change: Change, stored: Mapping[str, str]) -> list[str]:
        """A write is there as a whole or not at all."""
        there = {name: stored.get(name) for name in change.texts}
        before = {name: self.texts.get(name) for name in change.texts}
        whole = there in (dict(change.texts), before)
        self.counts["torn"] += not whole
        return [] if whole else [f"of the write {change.key} a part is there"]
