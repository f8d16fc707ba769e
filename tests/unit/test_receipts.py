"""Which idempotency keys are known, and for how long."""

from __future__ import annotations

from memory_service.model.position import Position
from memory_service.model.write import Receipt
from memory_service.store.catalogue.receipts import Receipts, Remembered


def remembered(namespace: str, key: str) -> Remembered:
    """What the database would say."""
    receipt = Receipt(outcomes=(), position=Position(epoch=1, seq=1))
    return Remembered(f"{namespace}/{key}".encode(), receipt, 7)


def test_a_key_is_known_in_the_namespace_it_was_used_in() -> None:
    receipts = Receipts(remembered)

    receipts.note("a", "k", 1)

    assert receipts.find("a", "k") == remembered("a", "k")
    assert receipts.find("b", "k") is None
    assert receipts.find("a", "l") is None


def test_a_key_whose_row_is_gone_is_forgotten() -> None:
    receipts = Receipts()

    receipts.note("a", "k", 1)

    assert receipts.find("a", "k") is None


def test_the_oldest_are_forgotten_and_a_key_used_again_is_new() -> None:
    receipts = Receipts(remembered)
    for at in range(10):
        receipts.note("a", str(at), at)
    receipts.note("a", "0", 10)

    receipts.forget(before=3, most=100)
    after_time = {key for key in map(str, range(10)) if receipts.find("a", key)}
    receipts.forget(before=3, most=2)
    after_number = {key for key in map(str, range(10)) if receipts.find("a", key)}

    assert after_time == {"0", "4", "5", "6", "7", "8", "9"}
    assert after_number == {"0", "9"}
    assert len(receipts) == 2
