"""What users paste is found first: identifiers, versions, codes, dates, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.builders import a_put, a_write
from tests.support.clock import START
from tests.support.local_stores import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from memory_service.backends.local import LocalBackend

#: Entries that lie close to each other, by id.
ENTRIES = {
    "get_user": "Bug in get_user when the cache is cold",
    "get_users": "Bug in get_users when the cache is cold",
    "getUserName": "The user gets a name: call getUserName for it",
    "prose": "Whoever gets a user first must reset the connection, err on the safe side",
    "reset": "It failed with ERR_CONN_RESET again",
    "aborted": "It failed with ERR_CONN_ABORTED again, err, conn, err",
    "404": "HTTP-404 came back",
    "503": "HTTP-503 came back, 404 times",
    "E1101": "pylint says E1101",
    "E1102": "pylint says E1102 in 1101 places",
    "2.13.0": "We moved to 2.13.0",
    "2.1.3": "We moved to 2.1.3, which has 2 bugs, 13 fixes and 0 docs",
    "two": "2 of 2 people, 2 rooms, 13 beds, 0 keys",
    "main": "See src/app/main.py",
    "other": "See tests/app/main.py and src/main.js: app, app, src",
    "header": "[2023-05-07] Ann: the lake was cold",
    "next": "[2023-05-08] Ann: the lake was cold",
    "words": "Ben is born on May 7th, with 2023 grams and 5 marbles",
    "thousand": "It costs 1,000 crowns",
    "one": "It costs 1 crown and 000 pence",
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    folder: Path = tmp_path_factory.mktemp("names")
    with opened(folder) as backend:
        backend.apply(a_write(*(a_put(id, text=text, seed=None) for id, text in ENTRIES.items())))
        yield backend


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("get_user", "get_user"),
        ("get_users", "get_users"),
        ("getUsers", "get_users"),
        ("GET_USERS", "get_users"),
        ("get_user_name", "getUserName"),
        ("why does ERR_CONN_RESET happen?", "reset"),
        ("err_conn_aborted", "aborted"),
        ("HTTP-404", "404"),
        ("HTTP404", "404"),
        ("E1101", "E1101"),
        ("e1102", "E1102"),
        ("2.13.0", "2.13.0"),
        ("v2.13.0", "2.13.0"),
        ("2.13", "2.13.0"),
        ("2.1.3", "2.1.3"),
        ("src/app/main.py", "main"),
        ("src/app", "main"),
        ("src.app.main", "main"),
        ("src\\app\\main.py", "main"),
        ("tests/app/main.py", "other"),
        ("7 May 2023", "header"),
        ("the cold lake, 2023/05/08", "next"),
        ("2023年5月8日", "next"),
        ("8 May", "next"),
        ("1000 crowns", "thousand"),
        ("1 000", "thousand"),
    ],
)
def test_what_is_pasted_whole_finds_its_entry_first(
    backend: LocalBackend, query: str, first: str
) -> None:
    with backend.reader("ns", filter=None, now=START) as reader:
        leg = reader.lexical(query, 10)
        ids = reader.ids(leg.ordinals)

    assert ids[0] == first
    assert len(leg.scores) == 1 or leg.scores[0] > leg.scores[1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("connection reset", {"reset", "prose"}),
        ("user name", {"getUserName", "get_user", "get_users", "prose"}),
        ("pylint 1101", {"E1101", "E1102"}),
        ("main", {"main", "other"}),
        ("5月", {"header", "next", "words"}),
        ("May 7th", {"header", "next", "words"}),
    ],
)
def test_a_part_finds_what_holds_it(backend: LocalBackend, query: str, found: set[str]) -> None:
    with backend.reader("ns", filter=None, now=START) as reader:
        ids = set(reader.ids(reader.lexical(query, 20).ordinals))

    assert ids == found


def test_the_day_in_any_year_stands_before_the_month(backend: LocalBackend) -> None:
    with backend.reader("ns", filter=None, now=START) as reader:
        ids = reader.ids(reader.lexical("May 7th", 10).ordinals)

    assert set(ids[:2]) == {"header", "words"}
