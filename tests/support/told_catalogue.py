"""A catalogue beside dicts that were told the same, and comparing what they know."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from memory_service.model.position import Position
from memory_service.store.catalogue.catalogue import Catalogue
from memory_service.store.catalogue.picking import newest, sample
from memory_service.store.catalogue.slot import Slot, Traits
from memory_service.store.catalogue.surroundings import surroundings_of
from memory_service.store.payload import instant
from tests.support.clock import START

if TYPE_CHECKING:
    import random

NOW = instant(START)


@dataclass
class ToldCatalogue:
    """Changes both at random; what expires does so at `START`."""

    rng: random.Random
    catalogue: Catalogue = field(default_factory=Catalogue)
    held: dict[str, dict[str, tuple[Slot, Traits]]] = field(default_factory=dict)
    seq: int = 0

    def change(self, times: int) -> None:
        """Do so many things."""
        for _ in range(times):
            self.seq += 1
            name = self.rng.choice(["a", "b", "c\u00e9"])
            if name not in self.held:
                self.held[name] = {}
                self.catalogue.open(self.seq, name, {})
                continue
            self.rng.choices(
                [self._put, self._forget, self._embed, self._drop], weights=[60, 25, 30, 1]
            )[0](name)
            chain = self.seq.to_bytes(32)
            self.catalogue.position = Position(epoch=1, seq=self.seq, chain=chain)

    def _put(self, name: str) -> None:
        id = f"id-{self.rng.randrange(60)}\U0001f600"[: self.rng.choice([4, 6])]
        before = self.held[name].get(id)
        slot = Slot(
            id=id,
            ordinal=self.seq,
            first_seq=before[0].first_seq if before else self.seq,
            last_seq=self.seq,
            version=before[0].version + 1 if before else 1,
            content_hash=self.rng.randrange(20).to_bytes(32),
            draft_hash=self.seq.to_bytes(32),
            length=self.rng.randrange(9),
            created_at=self.seq,
            expires_at=self.rng.choice([None, NOW - self.seq, NOW, NOW + 1]),
            passages=self.rng.choice([0, 1, 2]),
        )
        traits = Traits(
            session=self.rng.choice([None, "s", "t", f"new{self.seq % 40}"]),
            turn=self.rng.choice([None, 1, 2, self.seq]),
            speaker=self.rng.choice([None, "Zo\u00eb", f"n{self.seq % 9}"]),
            asks=self.rng.random() < 0.5,
            day=self.rng.choice([None, 20_000]),
            written=self.seq / 7,
        )
        self.catalogue.put(name, slot, traits)
        self.held[name][id] = slot, traits

    def _forget(self, name: str) -> None:
        if self.held[name]:
            id = self.rng.choice([*self.held[name]])
            self.catalogue.discard(name, id)
            del self.held[name][id]

    def _embed(self, name: str) -> None:
        waiting = [slot for slot, _ in self.held[name].values() if not slot.embedded]
        if waiting:
            slot = replace(min(waiting, key=lambda slot: slot.ordinal), last_seq=self.seq)
            slot = replace(slot, passages=3)
            self.catalogue.change(name, slot)
            self.held[name][slot.id] = slot, self.held[name][slot.id][1]

    def _drop(self, name: str) -> None:
        self.catalogue.drop(name)
        del self.held[name]

    def check(self) -> None:
        """Everything there is to know is the same."""
        every = [(name, *pair) for name, held in self.held.items() for pair in held.values()]
        waiting = sorted((slot.ordinal, name) for name, slot, _ in every if not slot.embedded)
        assert self.catalogue.entries == len(every)
        assert self.catalogue.pending == len(waiting)
        found = self.catalogue.oldest_pending(7)
        pairs = [(ordinal, shelf.name) for shelf, ordinals in found for ordinal in ordinals]
        assert sorted(pairs) == waiting[:7]
        due = sorted(
            (slot.expires_at, slot.ordinal, name, slot.id)
            for name, slot, _ in every
            if slot.expires_at is not None and slot.expires_at <= NOW
        )
        assert self.catalogue.expired(START, 5) == [(name, id) for *_, name, id in due[:5]]
        assert self.catalogue.expired(START - timedelta(days=9), 5) == []
        assert sorted(shelf.name for shelf in self.catalogue.all_shelves()) == sorted(self.held)
        for name, held in self.held.items():
            self._check_shelf(name, held)

    def _check_shelf(self, name: str, held: dict[str, tuple[Slot, Traits]]) -> None:
        shelf = self.catalogue.shelves[name]
        slots = sorted((slot for slot, _ in held.values()), key=lambda slot: slot.ordinal)
        assert shelf.entries == len(slots)
        assert shelf.terms == sum(slot.length for slot in slots)
        assert shelf.pending == sum(not slot.embedded for slot in slots)
        assert shelf.expired(NOW) == sum(slot.expired(NOW) for slot in slots)
        for id in {f"id-{number}" for number in range(60)} | {*held}:
            assert shelf.find(id) == (held[id][0] if id in held else None)
        for content in {slot.content_hash for slot in slots}:
            twins = [slot for slot in slots if slot.content_hash == content]
            assert sorted(shelf.twins(content), key=lambda slot: slot.ordinal) == twins
        self._check_ordinals(name, {slot.ordinal: slot for slot in slots})

    def _check_ordinals(self, name: str, slots: dict[int, Slot]) -> None:
        shelf, every = self.catalogue.shelves[name], np.arange(self.seq + 1)
        assert [shelf.at(ordinal) for ordinal in every.tolist()] == [
            slots.get(ordinal) for ordinal in every.tolist()
        ]
        ids = [slots[ordinal].id if ordinal in slots else "" for ordinal in every.tolist()]
        assert shelf.ids(every) == ids
        live = [ordinal for ordinal, slot in slots.items() if not slot.expired(NOW)]
        assert every[shelf.alive(every, NOW)].tolist() == live
        places = np.arange(5) * len(live) // 5
        wanted = live if len(live) <= 5 else np.array(live)[places].tolist()
        assert sample(shelf.columns, 5, NOW).tolist() == wanted
        recent = [one for block in newest(shelf.columns) for one in block.tolist()]
        assert [one for one in recent if one in slots] == sorted(slots, reverse=True)
        self._check_surroundings(name, np.array(live, np.int64))

    def _check_surroundings(
        self, name: str, live: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> None:
        traits = {slot.ordinal: (slot, traits) for slot, traits in self.held[name].values()}
        told = [traits[ordinal] for ordinal in live.tolist()]
        found = surroundings_of(self.catalogue.shelves[name].columns, live, now=NOW, allowed=None)
        assert found.lengths.tolist() == [slot.length for slot, _ in told]
        assert found.asks.tolist() == [each.asks for _, each in told]
        assert found.written.tolist() == [each.written for _, each in told]
        names = [found.speaker_names[number] if number >= 0 else None for number in found.speakers]
        assert names == [each.speaker for _, each in told]
        days = [None if np.isnan(day) else int(day) for day in found.days]
        assert days == [each.day for _, each in told]
        before, after = dict.fromkeys(live.tolist(), -1), dict.fromkeys(live.tolist(), -1)
        for session in {each.session for _, each in told} - {None}:
            order = [
                slot.ordinal
                for slot, _ in sorted(
                    (pair for pair in told if pair[1].session == session),
                    key=lambda pair: (
                        -1 if pair[1].turn is None else pair[1].turn,
                        pair[0].first_seq,
                    ),
                )
            ]
            before |= dict(zip(order[1:], order[:-1], strict=True))
            after |= dict(pairwise(order))
        assert found.before.tolist() == [*before.values()]
        assert found.after.tolist() == [*after.values()]
