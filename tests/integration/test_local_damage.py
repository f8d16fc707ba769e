"""A local backend over files that are damaged, altered or too new."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

from memory_service.errors import (
    CorruptStoreError,
    DamagedError,
    DamagedLogError,
    SchemaTooNewError,
    SchemaTooOldError,
)
from tests.support.builders import a_put, a_write
from tests.support.local_stores import fill, opened
from tests.support.stores import open_local

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    _alter(tmp_path, "INSERT INTO meta VALUES (1000, 'schema', '1000')")

    with pytest.raises(SchemaTooNewError):
        open_local(tmp_path)


@pytest.mark.parametrize(
    ("name", "what"), [("analyser", "analyser"), ("key_template", "key template")]
)
def test_a_store_of_an_earlier_program_is_refused_with_the_commands_that_carry_it_over(
    tmp_path: Path, name: str, what: str
) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
    _alter(tmp_path, f"INSERT INTO meta VALUES (1000, '{name}', '0')")  # noqa: S608  # our words

    with pytest.raises(SchemaTooOldError, match=rf"{what} version 0.*`memory-service export"):
        open_local(tmp_path)


def test_a_log_whose_last_change_was_altered_takes_no_writes(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
    _alter(tmp_path, "UPDATE change SET id = 'other' WHERE seq = (SELECT max(seq) FROM change)")

    with opened(tmp_path) as backend:
        assert "does not follow" in backend.status().damage
        with pytest.raises(DamagedError):
            backend.apply(a_write(a_put("new")))


def _alter(folder: Path, sql: str) -> None:
    with duckdb.connect(str(folder / "store" / "memory.duckdb")) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not a database at all" * 1000,
        lambda whole: whole[:100],
        lambda whole: whole[:12_288],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole[:4096] + bytes(8192) + whole[12_288:],
    ],
    ids=["empty", "garbage", "head", "headers", "half", "all but a byte", "blank header"],
)
def test_a_damaged_file_is_named_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Also where only a start that reads every row meets the damage: one without a catalogue."""
    with opened(tmp_path) as backend:
        fill(backend)
    shutil.rmtree(tmp_path / "index")
    file = tmp_path / "store" / "memory.duckdb"
    file.write_bytes(damage(file.read_bytes()))
    before = file.read_bytes()

    with pytest.raises(CorruptStoreError, match=r"backup.*aside") as refused:
        open_local(tmp_path)

    assert str(file) in refused.value.detail
    assert file.read_bytes() == before


def test_a_damaged_log_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    with opened(tmp_path / "whole") as backend:
        fill(backend)
        shutil.copytree(tmp_path / "whole", damaged)
    log = damaged / "store" / "memory.duckdb.wal"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 255
    log.write_bytes(content)

    with pytest.raises(DamagedLogError, match=r"memory\.duckdb.*verify --repair"):
        open_local(damaged)

    assert log.read_bytes() == content
