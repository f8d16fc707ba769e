"""Record files hold what was put into them, or say that they do not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory_service.model.entry import Span
from memory_service.store.recordfile.files import Met, RecordFiles
from memory_service.store.recordfile.format import (
    OddRecordError,
    fetched_from,
    packed,
    record_of,
    unpacked,
)
from memory_service.store.recordfile.saving import Mark, save, take_up
from tests.properties.strategies import drafts
from tests.support.builders import an_entry

if TYPE_CHECKING:
    from memory_service.model.entry import EntryDraft
    from memory_service.store.recordfile.format import Record
    from memory_service.store.recordfile.saving import Tail

ORDINALS = st.sampled_from([1, 2, 3, 8191, 8192, 2**33])
SPANS = [Span(start=0, stop=3), Span(start=2, stop=9)]
MARK = Mark(cluster_id="here", seq=7, chain="ab")


def a_record(ordinal: int, text: str = "The launch moved to June.") -> Record:
    return record_of(an_entry(text=text, ordinal=ordinal), draft_hash=b"hash of it", spans=[])


@given(draft=drafts(), several=st.booleans())
def test_a_record_says_all_that_the_entry_says(draft: EntryDraft, several: bool) -> None:
    entry = replace(an_entry(ordinal=2**40, version=3), draft=draft)
    spans = SPANS if several else SPANS[:1]

    record = unpacked(packed(record_of(entry, draft_hash=b"h" * 32, spans=spans)), 2**40)

    found = fetched_from(record, namespace="ns", passages=len(spans))
    assert found.entry == entry
    assert found.spans == (tuple(spans) if several else ())
    assert str(found.entry.draft.event_time) == str(draft.event_time)
    assert str(found.entry.draft.metadata) == str(draft.metadata)


@given(st.data())
def test_a_record_that_changed_by_one_bit_is_odd(data: st.DataObject) -> None:
    whole = bytearray(packed(a_record(5)))
    place = data.draw(st.integers(0, len(whole) * 8 - 1))

    whole[place // 8] ^= 1 << place % 8

    with pytest.raises(OddRecordError):
        unpacked(bytes(whole), 5)


def test_a_record_is_odd_under_another_ordinal() -> None:
    with pytest.raises(OddRecordError):
        unpacked(packed(a_record(5)), 6)


def test_a_record_longer_than_one_read_comes_whole(tmp_path: Path) -> None:
    files = RecordFiles(tmp_path, volume_bytes=1 << 20)
    long = a_record(1, "word " * 5_000)

    files.append([long, a_record(2)])

    assert files.read(1) == long
    assert files.read(2) == a_record(2)


def test_a_damaged_record_is_missed_once_and_its_file_rewritten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = RecordFiles(tmp_path, volume_bytes=1 << 20)
    files.append([a_record(1, "left alone"), a_record(2, "damaged")])
    file = tmp_path / "1.records"
    file.write_bytes(file.read_bytes().replace(b"damaged", b"changed"))

    found = [files.read(2), files.read(2), files.read(1)]

    assert found == [None, None, a_record(1, "left alone")]
    assert files.odd == 1
    assert files.gaps
    assert "entry 2" in caplog.text
    assert "changed" not in caplog.text
    assert files.make_room(0.5)
    assert files.read(1) == a_record(1, "left alone")
    save(files, lambda: MARK)
    assert not file.exists()


def test_a_place_that_leads_to_a_damaged_head_takes_its_file_along_when_erased(
    tmp_path: Path,
) -> None:
    files = RecordFiles(tmp_path, volume_bytes=1 << 20)
    files.append([a_record(1, "a secret")])
    file = tmp_path / "1.records"
    file.write_bytes(b"\xff" + file.read_bytes()[1:])

    files.erase([1])
    files.make_room(0.9)
    save(files, lambda: MARK)

    assert not any(b"a secret" in each.read_bytes() for each in tmp_path.iterdir())


@pytest.mark.parametrize(
    "history",
    [
        Mark(cluster_id="elsewhere", seq=7, chain="ab"),
        Mark(cluster_id="here", seq=6, chain="ab"),
        Mark(cluster_id="here", seq=7, chain="cd"),
    ],
    ids=["another store", "an earlier one", "a forked one"],
)
def test_files_of_another_history_are_not_taken_up(tmp_path: Path, history: Mark) -> None:
    files = RecordFiles(tmp_path, volume_bytes=1 << 20)
    files.append([a_record(1)])
    save(files, lambda: MARK)

    taken = take_up(tmp_path, volume_bytes=1 << 20, known=history.__eq__)

    assert taken.files.read(1) is None
    assert not list(tmp_path.glob("*.records"))


def test_a_file_that_became_shorter_is_left_out_with_all_it_held(tmp_path: Path) -> None:
    files = RecordFiles(tmp_path, volume_bytes=1)
    files.append([a_record(1)])
    files.append([a_record(2)])
    save(files, lambda: MARK)
    file = tmp_path / "1.records"
    file.write_bytes(file.read_bytes()[:-1])

    taken = take_up(tmp_path, volume_bytes=1, known=MARK.__eq__)

    assert taken.files.known().tolist() == [2]
    assert taken.files.read(2) == a_record(2)


def test_a_forgotten_record_that_was_saved_before_is_no_record_after_a_restart(
    tmp_path: Path,
) -> None:
    """The saved places still lead to it; erasing it once more harms nothing."""
    files = RecordFiles(tmp_path, volume_bytes=1 << 20)
    files.append([a_record(1), a_record(2)])
    save(files, lambda: MARK)
    files.erase([1])

    again = take_up(tmp_path, volume_bytes=1 << 20, known=MARK.__eq__).files
    again.erase([1])

    assert again.known().tolist() == [2]
    assert not again.make_room(0.9)


class FilesMachine(RuleBasedStateMachine):
    """Whatever happens, an ordinal gives its last record or none, and what is gone is gone."""

    def __init__(self) -> None:
        super().__init__()
        self._above = TemporaryDirectory()
        self._folder = Path(self._above.name) / "0"
        self._files = RecordFiles(self._folder, volume_bytes=300)
        self._kept: dict[int, Record] = {}
        self._texts = 0
        self._gone: set[bytes] = set()

    def teardown(self) -> None:
        self._above.cleanup()

    @rule(ordinals=st.lists(ORDINALS, max_size=5, unique=True))
    def append(self, ordinals: list[int]) -> None:
        self._texts += 1
        fresh = [a_record(each, f"<text {each} of {self._texts}>") for each in ordinals]
        self._files.append(fresh)
        self._let_go(ordinals)
        self._kept |= {one.ordinal: one for one in fresh}

    @rule(ordinals=st.lists(ORDINALS, max_size=5, unique=True))
    def erase(self, ordinals: list[int]) -> None:
        self._files.erase(ordinals)
        self._let_go(ordinals)

    def _let_go(self, ordinals: list[int]) -> None:
        before = [self._kept.pop(ordinal, None) for ordinal in ordinals]
        self._gone |= {one.text.encode() for one in before if one}

    @rule(dead=st.sampled_from([0.0, 0.3, 0.9]), saved=st.booleans())
    def make_room(self, dead: float, saved: bool) -> None:
        self._files.make_room(dead)
        if saved:
            save(self._files, lambda: MARK)

    @rule()
    def end_and_start(self) -> None:
        """Without a save; what was written is in the files all the same."""
        copy = self._folder.with_name(str(int(self._folder.name) + 1))
        if self._folder.exists():
            shutil.copytree(self._folder, copy)
        taken = take_up(copy, volume_bytes=300, known=MARK.__eq__)
        saved = (self._folder / "manifest.json").exists()
        self._folder, self._files = copy, taken.files
        for tail in taken.tails:
            self._adopt(tail)
        self._files.resume()
        self._files.erase(set(self._files.known().tolist()) - set(self._kept))
        if not saved:
            self._files.append(list(self._kept.values()))
        self.make_room(0.9, saved=True)

    def _adopt(self, tail: Tail) -> None:
        met = list(tail.volume.walk(tail.start))
        wanted = [
            Met(ordinal=each.ordinal, volume=tail.volume, offset=each.offset, length=len(each.data))
            for each in met
            if each.ordinal in self._kept and each.data == packed(self._kept[each.ordinal])
        ]
        self._files.adopt(wanted)
        tail.volume.worn |= len(wanted) < len(met)

    @invariant()
    def what_was_kept_is_read(self) -> None:
        found = {
            ordinal: self._files.read(ordinal) for ordinal in [1, 2, 3, 4, 8191, 8192, 8193, 2**33]
        }
        assert {ordinal: one for ordinal, one in found.items() if one} == self._kept
        assert self._files.known().tolist() == sorted(self._kept)
        assert self._files.odd == 0

    @invariant()
    def what_is_gone_is_in_no_file_that_is_read(self) -> None:
        for number in self._files.volumes:
            data = (self._folder / f"{number}.records").read_bytes()
            assert not any(text in data for text in self._gone)


TestFilesMachine = FilesMachine.TestCase
TestFilesMachine.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
