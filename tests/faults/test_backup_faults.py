"""Backups of a daemon under load, kills while a store is restored or written anew, a purge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.backup_words import files_holding
from benchmarks.durability_backup import killed_compactions, killed_restores, restored_backups
from tests.support.daemon_process import a_daemon

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

WORDS = ["quokkasaid", "okapisaid", "gnusaid", "tapirsaid", "koalasaid"]
SECRET = {
    "id": "secret",
    "text": "The quokkasaid of the launch.",
    "speaker": "Gnusaid",
    "session": "okapisaid",
    "tags": ["tapirsaid"],
    "metadata": {"koalasaid": "koalasaid"},
}


def test_every_backup_made_under_load_restores_to_its_position_and_chain(tmp_path: Path) -> None:
    counted = restored_backups(tmp_path, backups=5)

    assert counted.faults == ()
    assert counted.tried == 5


def test_a_restore_that_is_killed_anywhere_leaves_one_state_whole(tmp_path: Path) -> None:
    counted = killed_restores(tmp_path, each=1)

    assert counted.faults == ()
    assert counted.tried == 5


def test_a_rewriting_that_is_killed_anywhere_loses_nothing(tmp_path: Path) -> None:
    counted = killed_compactions(tmp_path, each=1)

    assert counted.faults == ()
    assert counted.tried == 5


def test_a_daemon_that_goes_on_serving_holds_no_byte_of_what_was_purged(tmp_path: Path) -> None:
    """Not in memory that is written later either: its files are searched again after it ended."""
    folder = tmp_path / "data"
    with a_daemon(folder) as daemon:
        entries = "/v1/namespaces/ns/entries"
        others = [{"id": f"{n}", "text": f"Note {n} of the launch."} for n in range(50)]
        for body in ({"entries": others}, SECRET):
            daemon.client.post(entries, json=body).raise_for_status()
        assert files_holding(folder, WORDS)

        wanted = {"filter": {"id": "secret"}, "purge": True}
        forgotten = daemon.client.post(f"{entries}:forget", json=wanted).raise_for_status()
        daemon.client.post("/v1/compact").raise_for_status()

        assert forgotten.json()["forgotten"] == 1
        assert files_holding(folder, WORDS) == {}
        recalled = daemon.client.post(
            "/v1/namespaces/ns/recall", json={"query": "quokkasaid launch", "on_none": "best"}
        )
        assert "secret" not in [hit["entry"]["id"] for hit in recalled.json()["hits"]]
        assert daemon.stop() == 0
    assert files_holding(folder, WORDS) == {}
