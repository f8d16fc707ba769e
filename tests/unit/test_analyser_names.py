"""Laws of identifiers, paths, versions and codes: found whole and in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.index.analysis.analyser import Analyser

ENGLISH = Analyser()

#: No month is among them: with a number beside it, that is a date (`dec 1`).
words = st.text("abcdefghijklm", min_size=2, max_size=6).filter(
    lambda word: word not in ("feb", "dec")
)
numbers = st.integers(0, 999).map(str)
separators = st.sampled_from(["/", "\\", ".", "::"])


def indexed(text: str) -> set[str]:
    return set(ENGLISH.index_terms(text))


def asked(text: str) -> list[str]:
    return [word.term for word in ENGLISH.query_terms(text)]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("parse_args", ["parseargs", "pars", "arg"]),
        ("parseArgs", ["parseargs", "parsearg", "pars", "arg"]),
        ("__init__", ["init"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("GitHub's YouTube", ["github", "git", "hub", "youtube", "youtub", "you", "tube"]),
        ("mRNA RNAs", ["mrna", "rna", "rnas", "rna"]),
        ("E1101", ["e1101", "1101"]),
        ("ERR_CONN_RESET", ["errconnreset", "err", "conn", "reset"]),
        ("HTTP-404", ["http404", "http", "404"]),
        ("CVE-2023-1234", ["cve20231234", "cve", "2023", "1234"]),
        ("BA2490, 100g, 18th", ["ba2490", "ba", "2490", "100g", "100", "18th", "18"]),
        ("ten-year-old", ["ten", "year", "old"]),
        ("src/main.py", ["src", "main", "py", "src/main", "main/py"]),
        ("2.13.0", ["2.13.0", "2.13", "2", "13", "0"]),
        ("v1.2", ["v", "1.2", "1", "2"]),
        ("Python3.11", ["python", "3.11", "3", "11"]),
        ("U.S. e.g.", ["u", "s", "e", "g"]),
    ],
)
def test_what_a_name_is_indexed_under(text: str, terms: list[str]) -> None:
    assert ENGLISH.index_terms(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("to_be", ["tobe"]),
        ("YouTube", ["youtube", "tube"]),
        ("v2.13.0", ["2.13.0", "2.13"]),
        ("and/or", ["and", "or", "and/or"]),
        ("dogs and/or cats", ["dog", "cat"]),
        ("and/cats", ["cat", "and/cats"]),
        ("/etc/hosts", ["etc", "host", "etc/hosts"]),
    ],
)
def test_what_a_query_asks_of_a_name(text: str, terms: list[str]) -> None:
    assert asked(text) == terms


@given(st.lists(words, min_size=2, max_size=4))
def test_a_name_is_found_however_its_words_are_joined(parts: list[str]) -> None:
    snake, kebab = "_".join(parts), "-".join(parts)
    camel = parts[0] + "".join(part.title() for part in parts[1:])
    whole = "".join(parts)

    assert whole in indexed(snake) & indexed(camel)
    assert whole in set(asked(snake)) & set(asked(camel))
    for spelling in (snake, kebab, camel, snake.upper()):
        assert set(asked(" ".join(parts))) <= indexed(spelling)
        assert set(asked(spelling.lower())) <= indexed(spelling)


@given(words, numbers)
def test_a_code_is_found_with_and_without_its_hyphen(letters: str, number: str) -> None:
    together, apart = f"{letters.upper()}{number}", f"{letters}-{number}"

    assert set(asked(together)) <= indexed(apart)
    assert set(asked(apart)) <= indexed(together)
    assert set(asked(f"{letters} {number}")) <= indexed(together)


@given(st.lists(words, min_size=2, max_size=6), separators, separators, st.data())
def test_every_stretch_of_a_path_finds_it_whatever_separates_its_parts(
    parts: list[str], one: str, other: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(parts) - 2))
    stretch = other.join(parts[start:])

    assert set(asked(stretch)) <= indexed(one.join(parts))


@given(st.lists(numbers, min_size=2, max_size=5), st.data())
def test_a_version_is_found_by_itself_and_by_what_it_begins_with(
    parts: list[str], data: st.DataObject
) -> None:
    length = data.draw(st.integers(2, len(parts)))
    version, beginning = ".".join(parts), ".".join(parts[:length])

    assert set(asked(beginning)) <= indexed(version)
    assert asked(f"v{version}") == asked(version)
    assert all("." in term for term in asked(version))


def test_words_of_a_name_are_told_as_they_are_written() -> None:
    told = [word.word for word in ENGLISH.query_terms("Where is src/parseArgs.py?")]

    assert told == ["src", "parseArgs", "parse", "Args", "py", "src/parseArgs", "parseArgs.py"]


def test_what_is_endless_stays_in_proportion() -> None:
    version, path = ".".join("1" * 10_000), "/".join(["ab"] * 10_000)

    assert len(ENGLISH.index_terms(version)) == 10_000 + 5
    assert len(ENGLISH.index_terms(path)) == 10_000 + 9_999
