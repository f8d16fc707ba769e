"""What a kill lost."""

from __future__ import annotations

from benchmarks.trials import count_lost

SENT = {"a": "one", "b": "two", "c": "three"}


def test_an_acknowledged_entry_that_is_gone_or_changed_is_lost() -> None:
    assert count_lost(["a", "b"], sent=SENT, kept=SENT) == 0
    assert count_lost(["a", "b"], sent=SENT, kept={"a": "one"}) == 1
    assert count_lost(["a", "b"], sent=SENT, kept={"a": "one", "b": "another"}) == 1


def test_what_was_never_acknowledged_cannot_be_lost() -> None:
    assert count_lost([], sent=SENT, kept={}) == 0
