"""The catalogue's file is taken as it was written, or not at all."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from memory_service.store.catalogue.resealing import Resealing
from memory_service.store.catalogue.sealed_file import UnusableError, read
from tests.support.clock import START
from tests.support.told_catalogue import ToldCatalogue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of a catalogue with a few hundred changes."""
    told = ToldCatalogue(random.Random(3))
    told.change(300)
    file = tmp_path / "in" / "sealed"
    Resealing(
        told.catalogue, file=file, cluster_id="one", least=1, run=lambda work: work()
    ).maintain(START)
    return file


def test_a_change_of_any_byte_is_seen(file: Path) -> None:
    whole = bytearray(file.read_bytes())

    for place in [*range(0, len(whole), 97), *range(len(whole) - 60, len(whole))]:
        whole[place] ^= 1
        file.write_bytes(whole)
        with pytest.raises(UnusableError):
            read(file)
        whole[place] ^= 1

    file.write_bytes(whole)
    read(file)


@pytest.mark.parametrize("kept", [0, 1, 8, 9, 0.5, -1])
def test_a_file_that_was_cut_short_is_refused(file: Path, kept: float) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: int(kept * len(whole)) if kept == 0.5 else int(kept)])

    with pytest.raises(UnusableError, match="damaged"):
        read(file)


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="missing"):
        read(tmp_path / "none")


def test_a_file_of_another_version_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory_service.store.catalogue.sealed_file.FORMAT", 2)

    with pytest.raises(UnusableError, match="another version"):
        read(file)


def test_what_happens_to_an_entry_later_never_reaches_the_file(file: Path) -> None:
    before = file.read_bytes()
    sealed, _ = read(file)

    sealed.rows["expires"] = 1

    assert file.read_bytes() == before
    assert (read(file)[0].rows["expires"] != 1).all()
