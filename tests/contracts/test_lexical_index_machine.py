"""Adding, forgetting, settling and taking up again in any order, against an exact oracle."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memory_service.index.lexical.files import Files
from memory_service.index.lexical.index import LexicalIndex
from memory_service.index.lexical.manifest import Origin
from memory_service.index.lexical.search import SearchLimits
from tests.support.postings import (
    QUERIES,
    TEXTS,
    assert_best,
    assert_matches,
    held_by,
    looking,
    postings_of,
    scoring_of,
)


class LexicalIndexMachine(RuleBasedStateMachine):
    """An index with limits so small that every way of keeping postings is soon in use."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp()) / "lexical"
        self.entries: dict[int, list[int]] = {}
        self.last = 0
        self.index = LexicalIndex(self._files(), settled=40, limits=_LIMITS)

    def _files(self) -> Files:
        origin = Origin(cluster_id="c", analyser=1)
        return Files(self.folder, origin=origin, chain_at=lambda seq: f"chain {seq}")

    @rule(texts=st.lists(TEXTS, min_size=1, max_size=6), gap=st.integers(0, 3))
    def add(self, texts: list[list[int]], gap: int) -> None:
        fresh = dict(enumerate(texts, self.last + 1 + gap))
        self.entries |= fresh
        self.last = max(fresh)
        self.index.add(postings_of(fresh), self.last)

    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.integers(1, self.last + 1), max_size=5, unique=True))
        for ordinal in gone:
            self.entries.pop(ordinal, None)
        self.index.forget(np.array(sorted(gone), np.int64))

    @rule()
    def forget_nearly_all(self) -> None:
        gone = sorted(self.entries)[:-2]
        for ordinal in gone:
            del self.entries[ordinal]
        self.index.forget(np.array(gone, np.int64))

    @rule(whole=st.booleans())
    def settle(self, whole: bool) -> None:
        self.index.settle(whole=whole)

    @rule(lost=st.booleans())
    def take_up_again(self, lost: bool) -> None:
        """From the files and what came after them; from nothing when they are lost."""
        if lost:
            shutil.rmtree(self.folder, ignore_errors=True)
        files = self._files()
        if self.folder.exists():
            files.take_up(newest=self.last)
        self.index = LexicalIndex(files, settled=40, limits=_LIMITS)
        self.index.keep_only(np.array(sorted(self.entries), np.int64))
        after = self.index.state.watermark
        since = {one: terms for one, terms in self.entries.items() if one > after}
        self.index.add(postings_of(since), self.last)

    @rule(query=QUERIES, k=st.integers(1, 8), data=st.data())
    def search(self, query: dict[int, int], k: int, data: st.DataObject) -> None:
        some = st.sets(st.sampled_from(sorted(self.entries) or [0]))
        sight = looking(allowed=data.draw(st.none() | some), hidden=data.draw(some))
        keys = np.array(list(query), np.uint64)
        counts = np.array(list(query.values()), np.float64)

        search = self.index.search(keys, counts, scoring_of(self.entries))

        assert search.entries == [held_by(self.entries, term) for term in query]
        assert_best(search.best(k, sight), self.entries, query, k, sight)
        every = np.array(sorted(self.entries), np.int64)
        assert_matches(search.score(every), self.entries, query)

    @invariant()
    def it_holds_what_was_not_forgotten(self) -> None:
        state = self.index.state
        assert state.entries == sum(bool(terms) for terms in self.entries.values())
        firsts = [int(layer.segment.entries[0]) for layer in state.layers]
        assert firsts == sorted(firsts)

    @invariant()
    def a_folder_holds_no_other_files_than_those_in_use(self) -> None:
        used = {layer.segment.file for layer in self.index.state.layers} - {""}
        found = {file.name for file in self.folder.glob("*")} - {"manifest.json"}
        assert found == used

    def teardown(self) -> None:
        shutil.rmtree(self.folder.parent)


_LIMITS = SearchLimits(fetched=10, looked_up=2, few=4)

LexicalIndexMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None
)
test_lexical_index_machine = LexicalIndexMachine.TestCase
