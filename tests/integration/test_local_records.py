"""A local backend reads entries from records, and nothing but speed depends on them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from memory_service.backends.local import LocalOptions
from memory_service.model.read import PageRequest
from memory_service.model.write import AddVectors, DropNamespace, Forget
from tests.support.builders import a_put, a_write, passages_of
from tests.support.clock import START
from tests.support.local_stores import fill, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from memory_service.backends.local import LocalBackend
    from memory_service.model.entry import Entry

EAGER = LocalOptions(merge_dead=1, save_changes=1, record_bytes=600, record_dead=0.2)


def assert_records_serve(backend: LocalBackend, *, misses: int = 0) -> None:
    """Every entry of `ns` comes as the database has it, from its record but for so many."""
    backend._derived.records.settle()
    before = backend._derived.records.misses
    wanted = _entries(backend)
    with backend.reader("ns", filter=None, now=START) as reader:
        fetched = reader.fetch(reader.recent(100)[::-1])

    assert sorted((one.entry for one in fetched if one), key=lambda one: one.ordinal) == wanted
    assert backend._derived.records.misses - before == misses


def _entries(backend: LocalBackend) -> list[Entry]:
    page = backend.page(PageRequest(namespace="ns", now=START, limit=100))
    return sorted(page.entries, key=lambda entry: entry.ordinal)


def _holds(folder: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in (folder / "index" / "records").iterdir())


def test_what_was_written_is_read_from_records(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        fill(backend)

        assert_records_serve(backend)

        backend.maintain()
        assert_records_serve(backend)


@pytest.mark.parametrize("end", ["a forget", "a replacement", "a drop"])
def test_what_is_forgotten_is_in_no_record_any_more(tmp_path: Path, end: str) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("a", "A secret."), a_put("b", "Not one.")))
        assert _holds(tmp_path, b"A secret.")

        match end:
            case "a forget":
                backend.apply(a_write(Forget(id="a")))
            case "a replacement":
                backend.apply(a_write(a_put("a", "Never mind.", if_version=1)))
            case _:
                backend.apply(a_write(DropNamespace()))
                backend.maintain()

        assert not _holds(tmp_path, b"A secret.")
        assert _holds(tmp_path, b"Not one.") == (end != "a drop")


def test_files_with_much_that_is_dead_are_rewritten(tmp_path: Path) -> None:
    with opened(tmp_path, EAGER) as backend:
        for number in range(40):
            backend.apply(a_write(a_put(str(number), text=f"Text {number}.", seed=number)))
        backend.apply(a_write(*(Forget(id=str(number)) for number in range(36))))
        size = _size(tmp_path)

        backend.maintain()

        assert _size(tmp_path) < size / 3
        assert_records_serve(backend)
    with opened(tmp_path, EAGER) as again:
        assert_records_serve(again)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in (folder / "index/records").glob("*.records"))


def test_several_passages_that_came_later_are_read_from_the_record(tmp_path: Path) -> None:
    with opened(tmp_path) as backend:
        put = a_put("a", "A text of two passages.", seed=None)
        backend.apply(a_write(put))
        passages = passages_of(put.draft, 1, 2)

        backend.apply(a_write(AddVectors(ordinal=1, passages=passages)))

        with backend.reader("ns", filter=None, now=START) as reader:
            fetched = reader.fetch(reader.recent(1))[0]
        assert fetched is not None
        assert fetched.spans == tuple(passage.span for passage in passages)
        assert fetched.entry.embedded
        assert_records_serve(backend)
    with opened(tmp_path) as again, again.reader("ns", filter=None, now=START) as reader:
        again._derived.records.settle()
        assert reader.fetch(reader.recent(1)) == [fetched]
        assert again._derived.records.misses == 0


def _lose(folder: Path) -> None:
    shutil.rmtree(folder)


def _damage(folder: Path) -> None:
    for file in folder.iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)


def _cut_short(folder: Path) -> None:
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:-1])


def _cut_records_short(folder: Path) -> None:
    for file in folder.glob("*.records"):
        file.write_bytes(file.read_bytes()[:-1])


def _add_something(folder: Path) -> None:
    for file in folder.glob("*.records"):
        file.write_bytes(file.read_bytes() + b"\x07" * 99)


@pytest.mark.parametrize("harm", [_lose, _damage, _cut_short, _cut_records_short, _add_something])
def test_records_that_are_missing_or_damaged_are_written_anew(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    with opened(tmp_path) as backend:
        fill(backend)

    harm(tmp_path / "index" / "records")

    with opened(tmp_path) as again:
        assert_records_serve(again)
    with opened(tmp_path) as once_more:
        assert_records_serve(once_more)


def test_damage_while_running_costs_a_query_and_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        fill(backend)
        file = tmp_path / "index/records/1.records"
        file.write_bytes(file.read_bytes().replace(b"The launch moved.", b"The launch mived."))

        assert_records_serve(backend, misses=1)

        assert backend._derived.records.odd == 1
        assert "is served from the store" in caplog.text
        backend.maintain()
        assert_records_serve(backend)


def test_records_of_a_process_that_just_ended_are_taken_up_with_what_came_after_the_save(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path / "live", EAGER) as backend:
        backend.apply(a_write(a_put("x"), a_put("y", "Forgotten after the save.")))
        backend.maintain()
        fill(backend)
        backend.apply(a_write(Forget(id="y")))
        shutil.copytree(tmp_path / "live", tmp_path / "left")
        caplog.clear()

        with opened(tmp_path / "left", EAGER) as again:
            assert_records_serve(again)
            assert not _holds(tmp_path / "left", b"Forgotten after the save.")
    assert "written anew" not in caplog.text


def test_records_from_before_are_brought_up_to_date(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("x"), a_put("3", "Replaced soon.")))
    shutil.copytree(tmp_path / "index", tmp_path / "old")
    with opened(tmp_path, EAGER) as backend:
        backend.apply(a_write(a_put("3", "New.", if_version=1), Forget(id="x")))
        backend.apply(a_write(a_put("y", "Newer.")))
        backend.maintain()
    shutil.rmtree(tmp_path / "index")
    shutil.move(tmp_path / "old", tmp_path / "index")
    caplog.clear()

    with opened(tmp_path) as again:
        assert_records_serve(again)
        assert not _holds(tmp_path, b"Replaced soon.")
    assert "written anew" not in caplog.text


def test_records_of_another_store_are_not_read(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with opened(tmp_path / name) as backend:
            backend.apply(a_write(a_put("a", f"Text of store {name}.")))
    shutil.rmtree(tmp_path / "one" / "index")
    shutil.copytree(tmp_path / "two" / "index", tmp_path / "one" / "index")

    with opened(tmp_path / "one") as again:
        assert again.get("ns", "a", now=START).draft.text == "Text of store one."
        assert_records_serve(again)


def test_a_tail_from_a_history_that_was_put_back_is_not_taken_up(tmp_path: Path) -> None:
    """The same ordinals said something else there."""
    with opened(tmp_path / "then", EAGER) as backend:
        backend.apply(a_write(a_put("a", "Before.")))
        backend.maintain()
    shutil.copytree(tmp_path / "then", tmp_path / "now")
    with opened(tmp_path / "then") as backend:
        backend.apply(a_write(a_put("b", "What came of it then.")))
        shutil.copytree(tmp_path / "then/index/records", tmp_path / "tail")
    with opened(tmp_path / "now") as backend:
        backend.apply(a_write(a_put("b", "What came of it now.")))
    shutil.rmtree(tmp_path / "now/index/records")
    shutil.move(tmp_path / "tail", tmp_path / "now/index/records")

    with opened(tmp_path / "now", EAGER) as again:
        assert_records_serve(again)
        again.maintain()
        assert not _holds(tmp_path / "now", b"then.")


def test_where_records_cannot_be_written_the_database_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "records").write_text("in the way")
    with opened(tmp_path) as backend:
        backend.apply(a_write(a_put("a"), a_put("b", "Other.")))

        assert_records_serve(backend, misses=2)
        assert "cannot be written" in caplog.text

        (tmp_path / "index" / "records").unlink()
        backend.maintain()
        assert_records_serve(backend)
