"""What is known of an entry from memory is the same once it was read from the rows."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from memory_service.model.write import Put
from tests.properties.strategies import drafts
from tests.support.builders import a_write
from tests.support.clock import START
from tests.support.stores import open_local

if TYPE_CHECKING:
    from memory_service.model.entry import EntryDraft

ASKING = st.text(alphabet="a?!.)]\"'\\*`~_ \n\t\u00a0\u00e9\u3000\uff1f\u061f;\u037e", max_size=20)
DAYS = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  the zone is given below
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


@st.composite
def told(draw: st.DrawFn) -> EntryDraft:
    text = "a" + draw(ASKING)
    return replace(draw(drafts()), text=text, event_time=draw(st.none() | DAYS), expires_at=None)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(entries=st.lists(told(), min_size=20, max_size=60))
def test_a_restart_changes_nothing(entries: list[EntryDraft]) -> None:
    puts = [
        Put(draft=replace(draft, id=str(place)), passages=None)
        for place, draft in enumerate(entries)
    ]
    every = np.arange(len(puts)) + 1
    columns = ("before", "after", "speakers", "lengths", "asks", "days", "written")

    with tempfile.TemporaryDirectory() as folder:
        backend = open_local(Path(folder))
        backend.apply(a_write(*puts))
        with backend.reader("ns", filter=None, now=START) as reader:
            written = reader.surroundings(every)
        backend.close()
        backend = open_local(Path(folder))
        with backend.reader("ns", filter=None, now=START) as reader:
            read = reader.surroundings(every)
        backend.close()

    for name in columns:
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name), err_msg=name)
    assert read.speaker_names == written.speaker_names
