"""A local backend that is closed or ends and is opened again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.model.write import DropNamespace, Idempotency
from tests.support.builders import a_put, a_write
from tests.support.local_stores import assert_identical, fill, legs_of, opened, was_rebuilt
from tests.support.verified import assert_verified

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_restart_changes_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And its index comes from the snapshot."""
    with opened(tmp_path) as backend:
        fill(backend)
        before, status = legs_of(backend), backend.status()
    caplog.clear()

    with opened(tmp_path) as again:
        assert again.status() == status
        assert_identical(before, again)
    assert not was_rebuilt(caplog)
    assert_verified(tmp_path)


def test_what_was_acknowledged_survives_a_process_that_just_ends(tmp_path: Path) -> None:
    """The files as they are after the last receipt, without a close, are the whole store."""
    with opened(tmp_path / "live") as backend:
        fill(backend)
        before, status = legs_of(backend), backend.status()
        shutil.copytree(tmp_path / "live", tmp_path / "left")

        with opened(tmp_path / "left") as again:
            assert again.status() == status
            assert_identical(before, again)
    assert_verified(tmp_path / "left")


def test_a_receipt_is_remembered_across_a_restart(tmp_path: Path) -> None:
    known = Idempotency(key="it's a key", body_digest=b"\x00\xff")
    with opened(tmp_path) as backend:
        first = backend.apply(a_write(a_put(), a_put("a", text="Other."), idempotency=known))

    with opened(tmp_path) as again:
        assert again.apply(a_write(idempotency=known)) == replace(first, replayed=True)


def test_a_drop_is_replayed_across_a_restart(tmp_path: Path) -> None:
    known = Idempotency(key="k", body_digest=b"1")
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("a"), a_put("b")))
        first = backend.apply(a_write(DropNamespace(), idempotency=known))

    with opened(tmp_path) as again:
        assert again.apply(a_write(DropNamespace(), idempotency=known)) == replace(
            first, replayed=True
        )
        assert again.namespaces() == []
    assert_verified(tmp_path)
    assert [one.entries for one in first.outcomes] == [2]
