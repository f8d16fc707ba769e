"""Laws of the analyser."""

from __future__ import annotations

import threading
import unicodedata

import pytest
import regex
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from memory_service.errors import InvalidInputError
from memory_service.index.analysis.analyser import Analyser

ENGLISH = Analyser()
WORD_CHARACTER = regex.compile(r"[\p{L}\p{N}]")
FRAGMENTS = (
    "get", "User", "HTTP", "IDs", "iPhone's", "v1", "E", "404", "2023", "05", "7", "7th", "31",
    "000", "May", "sept", "the", "don't", "\u00e9t\u00e9", "\u732b\u72d7", "\u5e74", "\u6708",
    "\u65e5", " ", " ", "_", "-", ".", "/", "\\", "::", ",", "\u00a0", "(", "T",
)  # fmt: skip
#: Any characters, and what names, dates and numbers are made of in any order.
texts = st.text(max_size=40) | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)


def query(text: str, analyser: Analyser = ENGLISH) -> list[str]:
    return [word.term for word in analyser.query_terms(text)]


@given(texts)
def test_a_text_is_found_in_lower_case_whatever_capitals_it_has(text: str) -> None:
    indexed = set(ENGLISH.index_terms(text))

    assert set(query(text.casefold())) <= indexed
    assert set(ENGLISH.index_terms(text.casefold())) <= indexed


@given(st.text(st.characters(max_codepoint=0x7E)))
def test_a_text_is_found_in_capitals(text: str) -> None:
    assert set(query(text.upper())) <= set(ENGLISH.index_terms(text))


@given(texts)
def test_composed_and_decomposed_text_are_the_same(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert ENGLISH.index_terms(composed) == ENGLISH.index_terms(decomposed)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_full_width_is_the_same(text: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)

    assert ENGLISH.index_terms(wide) == ENGLISH.index_terms(text)


@given(texts)
def test_a_letter_or_digit_of_any_script_gives_a_term(text: str) -> None:
    has_one = bool(WORD_CHARACTER.search(unicodedata.normalize("NFKC", text)))

    assert bool(ENGLISH.index_terms(text)) == has_one
    assert bool(ENGLISH.query_terms(text)) == has_one


@given(texts, st.sampled_from(["english", "german", "turkish"]))
def test_a_query_asks_for_nothing_that_its_text_would_not_be_indexed_under(
    text: str, language: str
) -> None:
    analyser = Analyser(language)
    indexed, asked = analyser.index_terms(text), query(text, analyser)

    assert set(asked) <= set(indexed)
    assert len(asked) <= len(indexed)


@given(texts, st.sampled_from(Stemmer.algorithms()))
def test_no_language_makes_an_empty_or_endless_term(text: str, language: str) -> None:
    terms = Analyser(language).index_terms(text)

    assert all(0 < len(term) <= 64 for term in terms)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Running runs run", ["run", "run", "run"]),
        ("well-known and/or 24/7", ["well", "known", "and", "or", "and/or", "24", "7"]),
        ("Ann's, Ann\u2019s and James's", ["ann", "ann", "and", "jame"]),
        ("they don\u2019t 'quote'", ["they", "don't", "quot"]),
        ("r\u00e9sum\u00e9 na\u00efve", ["resum", "naiv"]),
        ("co\u00adoperate", ["cooper"]),
        ("\u0661\u0662 \u0967\u0968", ["12", "12"]),
        ("\u0439\u043e\u0434", ["\u0439\u043e\u0434"]),
        ("", []),
        ("\U0001f600 !? --", []),
    ],
)
def test_words(text: str, terms: list[str]) -> None:
    assert ENGLISH.index_terms(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("机器学习", ["机器", "器学", "学习"]),
        ("猫", ["猫"]),
        ("猫, 狗", ["猫", "狗"]),
        ("Python代码3个", ["python", "代码", "3", "个"]),
        ("ﾃﾞｰﾀ", ["デー", "ータ"]),
        ("한국어 말", ["한국", "국어", "말"]),
        ("กินข้าว", ["กิน", "นข้", "ข้า", "าว"]),
    ],
)
def test_scripts_without_spaces_give_pairs_and_lone_characters(text: str, terms: list[str]) -> None:
    assert query(text) == terms


def test_entries_are_indexed_by_single_characters_too() -> None:
    assert ENGLISH.index_terms("小猫3") == ["小", "猫", "小猫", "3"]
    assert query("猫") == ["猫"]


def test_stop_words_are_left_out_of_queries_alone() -> None:
    text = "What is the name of Ann's dog?"

    assert query(text) == ["name", "ann", "dog"]
    assert ENGLISH.index_terms(text) == ["what", "is", "the", "name", "of", "ann", "dog"]


def test_a_query_of_stop_words_keeps_them_all() -> None:
    assert query("to be or not to be") == ["to", "be", "or", "not", "to", "be"]


def test_repeats_stay() -> None:
    assert query("dog and Dogs") == ["dog", "dog"]
    assert ENGLISH.index_terms("dog and Dogs") == ["dog", "and", "dog"]


def test_a_word_is_named_as_it_was_asked() -> None:
    words = ENGLISH.query_terms("Where did Caroline's Launches go?")

    assert [word.word for word in words] == ["Caroline's", "Launches", "go"]


def test_a_long_run_is_cut_to_64_characters() -> None:
    assert ENGLISH.index_terms("a" * 65_536) == ["a" * 64]
    assert len(ENGLISH.index_terms("猫" * 20_000)) == 20_000 + 19_999


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("german", "die Häuser", ["haus"]),
        ("french", "l\u2019école des filles", ["ecol", "fill"]),
        ("spanish", "las canciones", ["cancion"]),
        ("turkish", "Ankara'da", ["ankar", "da"]),
        ("russian", "собаки", ["собак"]),
    ],
)
def test_the_language_decides_stems_stop_words_and_apostrophes(
    language: str, text: str, terms: list[str]
) -> None:
    assert query(text, Analyser(language)) == terms


@pytest.mark.parametrize("language", ["", "English", "klingon", "../english"])
def test_an_unknown_language_is_refused_with_the_known_ones(language: str) -> None:
    with pytest.raises(InvalidInputError, match="english, esperanto"):
        Analyser(language)


def test_threads_share_an_analyser() -> None:
    words = [f"running{number}s jumping walked" for number in range(2_000)]
    expected = [ENGLISH.index_terms(word) for word in words]
    shared, answers = Analyser(), dict[int, list[list[str]]]()

    def analyse(thread: int) -> None:
        answers[thread] = [shared.index_terms(word) for word in words]

    threads = [threading.Thread(target=analyse, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answers[number] for number in range(4)] == [expected] * 4
