"""The catalogue is sealed at any moment, and knows the same."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from memory_service.errors import StorageError
from memory_service.store.catalogue.resealing import Resealing
from memory_service.store.catalogue.sealed_file import read
from tests.support.clock import START
from tests.support.told_catalogue import ToldCatalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def a_resealing(
    told: ToldCatalogue,
    folder: Path,
    *,
    least: int = 1,
    run: Callable[[Callable[[], None]], None] = lambda work: work(),
) -> Resealing:
    return Resealing(
        told.catalogue, file=folder / "in" / "sealed", cluster_id="one", least=least, run=run
    )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_before_while_and_after_it_is_sealed_is_known(
    seed: int, tmp_path: Path
) -> None:
    told = ToldCatalogue(random.Random(seed))

    def run(work: Callable[[], None]) -> None:
        work()
        told.change(20)

    resealing = a_resealing(told, tmp_path, run=run)
    for round_ in range(6):
        told.change(120 if round_ % 2 else 5)
        resealing.maintain(START)
        told.check()
        told.change(60)
        told.check()

    assert len(told.catalogue.current.ledger.sealed) > 0


def test_a_catalogue_that_lost_everything_is_sealed_and_goes_on(tmp_path: Path) -> None:
    told = ToldCatalogue(random.Random(1))
    resealing = a_resealing(told, tmp_path)
    told.change(200)
    resealing.maintain(START)
    for name in [*told.held]:
        told._drop(name)

    resealing.maintain(START)
    told.check()
    told.change(100)
    told.check()

    assert len(told.catalogue.current.ledger.sealed) == 0


def test_ids_of_what_is_forgotten_are_gone_from_the_file_after_an_hour(tmp_path: Path) -> None:
    told = ToldCatalogue(random.Random(1))
    told.change(300)
    a_resealing(told, tmp_path).maintain(START)
    resealing, file = a_resealing(told, tmp_path, least=10_000), tmp_path / "in" / "sealed"
    name = next(name for name, held in told.held.items() if held)
    for id in [*told.held[name]]:
        told.catalogue.discard(name, id)
    gone = told.held[name].popitem()[1][0]
    told.held[name].clear()

    resealing.maintain(START)
    resealing.maintain(START + timedelta(minutes=59))
    assert gone.draft_hash in file.read_bytes()
    resealing.maintain(START + timedelta(hours=1))

    assert gone.draft_hash not in file.read_bytes()
    told.check()


def test_little_that_changed_is_left_for_later(tmp_path: Path) -> None:
    told = ToldCatalogue(random.Random(1))
    told.change(10)

    a_resealing(told, tmp_path, least=10_000).maintain(START)

    assert not (tmp_path / "in").exists()


def test_a_file_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    told = ToldCatalogue(random.Random(1))
    told.change(200)
    (tmp_path / "in").write_text("in the way")

    with pytest.raises(StorageError, match="could not be written"):
        a_resealing(told, tmp_path).maintain(START)

    told.check()
    told.change(50)
    told.check()


def test_the_file_is_written_at_a_close_and_says_up_to_where_it_goes(tmp_path: Path) -> None:
    told = ToldCatalogue(random.Random(1))
    told.change(200)

    a_resealing(told, tmp_path).close()

    sealed, stamp = read(tmp_path / "in" / "sealed")
    assert len(sealed) == told.catalogue.entries
    assert stamp.watermark == told.seq
    assert stamp.chain == told.seq.to_bytes(32).hex()
    assert stamp.cluster_id == "one"
    assert [file.name for file in (tmp_path / "in").iterdir()] == ["sealed"]
