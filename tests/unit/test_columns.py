"""The columns of a namespace: the order of its sessions, whatever comes and goes meanwhile."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from memory_service.store.catalogue.columns import Columns
from memory_service.store.catalogue.picking import newest, sample
from memory_service.store.catalogue.sealed import Sealed
from memory_service.store.catalogue.slot import Slot, Traits
from memory_service.store.catalogue.surroundings import around, surroundings_of

NOW = 1_000


@dataclass
class Told:
    """What was put into columns, by ordinal."""

    columns: Columns = field(default_factory=lambda: Columns(Sealed.empty(), 1))
    entries: dict[int, tuple[Slot, Traits]] = field(default_factory=dict)
    last: int = 0

    def add(self, session: str | None, turn: int | None, expires_at: int | None = None) -> None:
        self.last += 3
        ordinal = self.last
        slot, traits = a_slot(ordinal, expires_at), some_traits(session, turn, f"n{ordinal % 7}")
        self.columns.put(slot, traits)
        self.entries[ordinal] = slot, traits

    def remove(self, ordinal: int) -> None:
        self.columns.discard(str(ordinal))
        del self.entries[ordinal]

    def order(self, session: str) -> list[int]:
        """The ordinals of a session that have not expired, sorted anew."""
        places = [
            (-(2**63) if traits.turn is None else traits.turn, ordinal)
            for ordinal, (slot, traits) in self.entries.items()
            if traits.session == session and not slot.expired(NOW)
        ]
        return [ordinal for _, ordinal in sorted(places)]

    def check(self) -> None:
        """Every entry stands between those it must stand between."""
        columns = self.columns
        for session in {traits.session for _, traits in self.entries.values()} - {None}:
            order = self.order(str(session))
            ordinals = np.array(order, np.int64)
            found = surroundings_of(columns, ordinals, now=NOW, allowed=None)
            assert found.before.tolist() == [-1, *order][: len(order)]
            assert found.after.tolist() == [*order[1:], -1][: len(order)]
            names = [found.speaker_names[number] for number in found.speakers]
            assert names == [self.entries[ordinal][1].speaker for ordinal in order]
            for place, beside in enumerate(
                around(columns, ordinals, before=2, after=1, now=NOW, allowed=None)
            ):
                wanted = order[max(0, place - 2) : place] + order[place + 1 : place + 2]
                assert beside.tolist() == wanted


def a_slot(ordinal: int, expires_at: int | None = None) -> Slot:
    return Slot(
        id=str(ordinal),
        ordinal=ordinal,
        first_seq=ordinal,
        last_seq=ordinal,
        version=1,
        content_hash=ordinal.to_bytes(32),
        draft_hash=bytes(32),
        length=5,
        created_at=0,
        expires_at=expires_at,
        passages=1,
    )


def some_traits(session: str | None, turn: int | None, speaker: str | None = None) -> Traits:
    return Traits(session=session, turn=turn, speaker=speaker, asks=False, day=None, written=0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sessions_stay_in_order_through_thousands_of_changes(seed: int) -> None:
    """So many that the columns grow several times."""
    rng = random.Random(seed)
    told = Told()

    for _ in range(3):
        for turn in rng.choices(range(-50, 2_000), k=1_500):
            session = rng.choice(["one", "two", "three", None])
            expires_at = rng.choice([NOW, NOW + 1, None, None, None])
            told.add(session, None if turn < 0 else turn, expires_at)
        told.check()
        for ordinal in rng.sample(list(told.entries), 1_300):
            told.remove(ordinal)
        told.check()


@pytest.mark.parametrize("count", [0, 1, 7, 299, 5_000])
def test_a_sample_is_spread_evenly_over_what_is_neither_gone_nor_expired(count: int) -> None:
    rng = random.Random(4)
    told = Told()
    for _ in range(900):
        told.add("s", 1, rng.choice([NOW, NOW + 1, None]))
    for ordinal in rng.sample(list(told.entries), 300):
        told.remove(ordinal)

    live = [ordinal for ordinal, (slot, _) in told.entries.items() if not slot.expired(NOW)]
    wanted = [live[place * len(live) // count] for place in range(count)]

    assert sample(told.columns, count, NOW).tolist() == (wanted if count < len(live) else live)


def test_the_newest_come_first_in_blocks_that_hold_them_all() -> None:
    told = Told()
    for turn in range(2_000):
        told.add("s", turn)

    found = [ordinal for block in newest(told.columns) for ordinal in block.tolist()]

    assert found == sorted(told.entries, reverse=True)


def test_readers_beside_the_writer_never_leave_the_order_of_a_session() -> None:
    """What they find may have gone a moment later; it stands on the right side all the same."""
    told = Told()
    rng = np.random.default_rng(5)
    turns = rng.permutation(6_000)
    turn_of = {3 * (place + 1): int(turn) for place, turn in enumerate(turns)}
    done = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not done.is_set() and not wrong:
            ordinals = np.array([*turn_of], np.int64)
            found = surroundings_of(told.columns, ordinals, now=NOW, allowed=None)
            for ordinal, before, after in zip(
                ordinals.tolist(), found.before.tolist(), found.after.tolist(), strict=True
            ):
                if before != -1 and turn_of[before] >= turn_of[ordinal]:
                    wrong.append((before, ordinal))
                if after != -1 and turn_of[after] <= turn_of[ordinal]:
                    wrong.append((ordinal, after))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for place, turn in enumerate(turns.tolist()):
            told.add("s", turn)
            if place > 100 and place % 3:
                told.remove(next(iter(told.entries)))
    finally:
        done.set()
        for reader in readers:
            reader.join()

    assert wrong == []
    told.check()
