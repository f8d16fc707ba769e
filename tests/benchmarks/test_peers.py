"""Peers: what they are given, how two rankings are joined, what the figures say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.datasets import Question, read_set
from benchmarks.peers_asking import SHOWN, Asked, Entries, Found
from benchmarks.peers_figures import OURS, figures, leads, said
from benchmarks.peers_fusion import reciprocal_ranks
from benchmarks.peers_given import give
from benchmarks.peers_measuring import TURN, Measured, Trial, ask_in_turns
from benchmarks.peers_sqlite import any_word, phrase
from benchmarks.peers_systems import PEERS, Role, System, apart
from benchmarks.peers_tables import peers_tables
from memory_service.embedding.hashing import HashingEmbedder
from tests.support.evaluation_set import write_tiny_set

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.datasets import Dataset
    from benchmarks.peers_asking import Searcher
    from benchmarks.peers_given import Given

_WORDS = "SQLite FTS5, any word"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read_set(write_tiny_set(tmp_path))


@pytest.fixture
def given(dataset: Dataset) -> Given:
    return give(dataset, HashingEmbedder())


def _asked(text: str = "", *, namespace: str = "talk-0", gold: Sequence[str] = ()) -> Asked:
    question = Question(id="q", namespace=namespace, text=text, gold=dict.fromkeys(gold, 1))
    return Asked(question=question, vector=HashingEmbedder().embed([text])[0])


def _trial(*ids: str, search: float = 1.0, whole: float | None = None) -> Trial:
    return Trial(ids=ids, search=search, whole=whole or search, hydrated=whole is not None)


def _measured(name: str, role: Role, *trials: Trial, absent: str = "") -> Measured:
    return Measured(name=name, role=role, versions={}, trials=trials, absent=absent)


def test_reciprocal_ranks_add_what_each_ranking_gives() -> None:
    """1/61 + 1/63 is more than 2/62, which is more than 1/61 alone."""
    assert reciprocal_ranks([[7, 3, 5], [5, 3, 8]], limit=10) == [5, 3, 7, 8]
    assert reciprocal_ranks([[7, 3], [4]], limit=2) == [4, 7]
    assert reciprocal_ranks([], limit=3) == []


@pytest.mark.parametrize(
    ("text", "as_phrase", "as_words"),
    [
        ("When is it?", '"When is it?"', '"when" OR "is" OR "it"'),
        ('the "blue" tent', '"the ""blue"" tent"', '"the" OR "blue" OR "tent"'),
        ("No, no: no!", '"No, no: no!"', '"no"'),
        ("?!", '"?!"', ""),
    ],
)
def test_a_question_becomes_an_fts5_query(text: str, as_phrase: str, as_words: str) -> None:
    assert phrase(text) == as_phrase
    assert any_word(text) == as_words


def _opened(name: str, entries: Entries, folder: Path) -> Any:
    (system,) = [one for one in PEERS if one.name == name]
    folder.mkdir()
    return system.opening(entries, folder)


def _finds_its_own_entries(searcher: Searcher, entries: Entries) -> None:
    """Asked with an entry's own key and vector, it gives that entry first, and its namespace's."""
    for id, namespace, text in zip(entries.ids, entries.namespaces, entries.texts, strict=True):
        found = searcher.search(_asked(text, namespace=namespace)).ids

        assert found[0] == id
        assert len(found) == len(set(found)) <= SHOWN
        assert all(each.startswith(f"{namespace}/") for each in found)


@pytest.mark.parametrize(
    "system", [one for one in PEERS if one.role is not Role.BARE], ids=lambda system: system.name
)
@pytest.mark.parametrize("own_place", [False, True], ids=["together", "apart"])
@pytest.mark.filterwarnings("default")
def test_a_peer_finds_entries_of_the_questions_namespace_alone(
    system: System, own_place: bool, given: Given, tmp_path: Path
) -> None:
    if system.absent:
        pytest.skip(system.absent)
    (folder := tmp_path / "peer").mkdir()
    opening = apart(system.opening) if own_place else system.opening

    with opening(given.entries, folder) as searcher:
        _finds_its_own_entries(searcher, given.entries)


@pytest.mark.parametrize("index", ["flat", "graph"])
def test_the_bare_limit_finds_the_same(index: str, given: Given) -> None:
    """On bm25s's other backend, which needs no compiling."""
    pytest.importorskip("bm25s")
    from benchmarks import peers_bare

    entries = given.entries.apart()["talk-1"]
    with peers_bare.opened(entries, getattr(peers_bare, index), backend="numpy") as searcher:
        _finds_its_own_entries(searcher, entries)
        assert searcher.search(_asked("?", namespace="talk-1")).ids != ()


def test_a_phrase_is_found_only_as_it_stands(given: Given, tmp_path: Path) -> None:
    with _opened("SQLite FTS5, phrase", given.entries, tmp_path / "phrase") as searcher:
        assert searcher.search(_asked("the blue tent")).ids == ("talk-0/t3",)
        assert searcher.search(_asked("the tent is blue")).ids == ()


def test_stems_find_other_forms_of_a_word(given: Given, tmp_path: Path) -> None:
    with _opened(_WORDS, given.entries, tmp_path / "plain") as searcher:
        assert searcher.search(_asked("painting")).ids == ()
    with _opened(f"{_WORDS}, stemmed", given.entries, tmp_path / "stems") as searcher:
        assert searcher.search(_asked("painting")).ids == ("talk-0/t2",)


def test_a_peer_that_lacks_a_package_says_which() -> None:
    def opening(_: Entries, __: Path) -> AbstractContextManager[Searcher]:
        raise NotImplementedError

    system = System(name="x", role=Role.STORE, opening=opening, packages=("numpy", "no-such"))

    assert system.absent == "not installed: no-such"
    assert system.versions == {"numpy": np.__version__}
    assert replace(system, packages=("numpy",)).absent == ""
    assert replace(system, left_out=True).absent == "left out"


class _Counting:
    """Answers with its calls' number; each takes two ticks, one of them for texts."""

    def __init__(self, log: list[str], name: str) -> None:
        self._log, self._name = log, name

    def search(self, asked: Asked) -> Found:
        self._log.append(self._name)
        return Found(ids=(asked.question.id,), hydration=1.0)


def test_systems_are_asked_in_turns_and_texts_are_told_apart() -> None:
    log: list[str] = []
    ticks = iter(range(10_000))
    asked = [
        replace(_asked(), question=Question(id=f"{n}", namespace="a", text=""))
        for n in range(TURN + 1)
    ]
    searchers = {name: _Counting(log, name) for name in ("one", "two")}

    trials = ask_in_turns(searchers, asked, timer=lambda: next(ticks) / 500)

    timed = "".join(name[0] for name in log[40:])
    assert timed == "o" * TURN + "t" * TURN + "o" + "t"
    assert [trial.ids for trial in trials["two"]] == [(one.question.id,) for one in asked]
    assert trials["one"][0].whole == pytest.approx(2.0)
    assert trials["one"][0].search == pytest.approx(1.0)


def _three(ours: Trial, store: Trial, bare: Trial) -> list[Measured]:
    return [
        _measured("a store", Role.STORE, store, store),
        _measured("bare", Role.BARE, bare, bare),
        _measured("gone", Role.STORE, absent="not installed: gone"),
        _measured(OURS, Role.OURS, ours, ours),
    ]


def test_figures_are_quality_over_questions_with_gold_and_percentiles_over_all() -> None:
    asked = [_asked(gold=["a", "b"]), _asked()]
    measured = _measured("x", Role.STORE, _trial("c", "a"), _trial(search=3.0, whole=5.0))

    found = figures([measured], asked, seed=0)["x"]

    best = 1 + 1 / np.log2(3)
    assert found["ndcg_10"]["mean"] == pytest.approx(1 / np.log2(3) / best)
    assert found["recall_at_10"]["mean"] == 0.5
    assert found["search"]["median"] == 2.0
    assert found["empty"] == 0.5
    assert "whole" not in found


def test_what_ours_must_be_holds_or_misses_or_is_not_said() -> None:
    asked = [_asked(gold=["a"]), _asked(gold=["a"])]
    measured = _three(_trial("a", search=4.0, whole=6.0), _trial("b", "a", search=2.0), _trial("b"))

    ahead = leads(measured, asked, seed=0)
    demands = said(figures(measured, asked, seed=0), ahead, bare_limit=True)

    verdicts = [must.holds for must in demands.musts]
    assert ahead["ndcg_10"]["peer"] == "a store"
    assert ahead["ndcg_10"]["mean"] == pytest.approx(1 - 1 / np.log2(3))
    assert verdicts == [True, True, False, False]
    assert demands.musts[2].measured == pytest.approx(2.0)
    assert demands.musts[3].measured == pytest.approx(4.0)
    assert demands.unsaid == ("gone (not installed: gone)",)


def test_the_bare_limit_is_no_demand_outside_the_mix() -> None:
    asked = [_asked(gold=["a"])] * 2
    measured = _three(_trial("a"), _trial("a"), _trial("a"))

    demands = said(figures(measured, asked, seed=0), {}, bare_limit=False)

    assert ["bare" in must.what for must in demands.musts] == [False]


def _run(folder: Path, *more: str) -> dict[str, Any]:
    data = write_tiny_set(folder)
    options = ["--data", str(data), "--results", str(folder / "results"), "--model", "hashing"]
    assert peers.main([*options, "--peer", _WORDS, *more]) == 0
    (file,) = (folder / "results").iterdir()
    result: dict[str, Any] = json.loads(file.read_bytes())
    return result


@pytest.mark.process
def test_a_run_measures_everybody_that_is_there(tmp_path: Path) -> None:
    result = _run(tmp_path)

    systems = result["systems"]
    measured = {name for name, one in systems.items() if not one["absent"]}
    assert measured == {_WORDS, OURS, "ours, through HTTP"}
    assert len(systems) == len(PEERS) + 2
    assert result["asked"] == 8
    for measure in ("ndcg_10", "recall_at_10"):
        assert systems[OURS][measure] == systems["ours, through HTTP"][measure]
    assert systems[OURS]["whole"]["median"] > systems[OURS]["search"]["median"] > 0
    assert len(result["unsaid"]) == len(PEERS) - 1
    table = peers_tables([result])
    assert f"| {OURS} |" in table
    assert "| LanceDB hybrid | left out |" in table
    assert "Peers keep the namespaces in one place" in table


@pytest.mark.process
def test_a_mix_is_one_namespace_of_the_size_asked_for(tmp_path: Path) -> None:
    result = _run(tmp_path, "--mix", "30", "--questions", "3")

    assert result["set"] == "mix-30"
    assert (result["data"]["entries"], result["data"]["namespaces"]) == (30, 1)
    assert result["asked"] == 3


def test_a_set_without_answers_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_tiny_set(tmp_path)
    (data / "qrels.tsv").write_text("", encoding="utf-8")

    assert peers.main(["--data", str(data), "--model", "hashing"]) == 2
    assert "no question" in capsys.readouterr().err
