"""Laws of eval."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx2

    from tests.support.command_line import CommandLine, Ended

TEXTS = {
    "port": "The staging gateway listens on port 9443.",
    "refund": "Ferry tickets are refunded until midnight.",
    "coffee": "Ann drinks coffee with oat milk.",
}
#: Each shares words with the entry that answers it, and with no other.
QUESTIONS = {
    "port": "Which port does the staging gateway have?",
    "refund": "Until when are ferry tickets refunded?",
    "coffee": "What coffee does Ann drink?",
}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return tmp_path / "gold.jsonl"


def remembered(cli: CommandLine, *ids: str, namespace: str = "default") -> None:
    for id in ids:
        assert cli("remember", TEXTS[id], "--id", id, "-n", namespace).code == 0


def write(file: Path, *lines: Mapping[str, object]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def asked(id: str, **more: object) -> dict[str, object]:
    return {"query": QUESTIONS[id], "ids": [id], **more}


def evaluated(cli: CommandLine, file: Path, *options: str) -> Any:
    ended = cli("eval", "--gold", str(file), "--json", *options)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def means(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    return {name: interval["mean"] for name, interval in figures.items()}


def test_every_answer_first_is_a_perfect_ranking(cli: CommandLine, gold: Path) -> None:
    remembered(cli, *TEXTS)
    write(gold, *map(asked, TEXTS))

    found = evaluated(cli, gold)

    assert found["overall"]["questions"] == found["overall"]["answerable"] == 3
    assert set(means(found["overall"]["measures"]).values()) == {1.0}
    assert found["overall"]["answer"]["gold_kept"]["mean"] == 1.0
    assert (found["unknown"], found["degraded"], found["worst"]) == ([], {}, [])
    assert found["baseline"] is None


def test_an_id_that_is_not_there_is_counted_and_named_on_request(
    cli: CommandLine, gold: Path
) -> None:
    remembered(cli, *TEXTS)
    write(gold, asked("port"), asked("refund", ids=["refund", "gone"]), asked("coffee"))

    found = evaluated(cli, gold)
    quiet, shown = cli("eval", "--gold", str(gold)), cli("eval", "--gold", str(gold), "--show")

    assert found["unknown"] == [{"line": 2, "namespace": "default", "id": "gone"}]
    assert found["overall"]["measures"]["recall_at_10"]["mean"] == pytest.approx(2.5 / 3)
    assert found["overall"]["measures"]["recall_all_10"]["mean"] == pytest.approx(2 / 3)
    assert "Warning: the gold names 1 id not" in quiet.err
    assert "gone" not in quiet.err + quiet.out
    assert "Line 2: gone is not in default." in shown.err


def test_an_id_that_is_there_but_not_found_is_not_called_unknown(
    cli: CommandLine, gold: Path
) -> None:
    remembered(cli, *TEXTS)
    write(gold, asked("port", ids=["refund"], filter={"id": "port"}))

    found = evaluated(cli, gold)

    assert found["unknown"] == []
    assert found["overall"]["measures"]["recall_at_20"]["mean"] == 0.0
    assert found["worst"][0]["first"] == ["port"]


def test_questions_without_an_answer_count_for_the_evidence_alone(
    cli: CommandLine, gold: Path
) -> None:
    remembered(cli, *TEXTS)
    nothing = {"query": "zebra quantum chromodynamics", "ids": {"port": 0}}
    write(gold, *map(asked, TEXTS), nothing)

    overall = evaluated(cli, gold)["overall"]

    assert (overall["questions"], overall["answerable"]) == (4, 3)
    assert overall["measures"]["ndcg_10"]["mean"] == 1.0
    assert sum(overall["evidence"]["answerable"].values()) == 3
    assert overall["evidence"]["unanswerable"] == {"none": 1}
    assert overall["evidence"]["auroc"]["mean"] == 1.0
    assert overall["evidence"]["false_positive_rate"] == 0.0


def test_grades_bring_the_graded_measure(cli: CommandLine, gold: Path) -> None:
    remembered(cli, *TEXTS)
    write(gold, asked("port", ids={"port": 2, "coffee": 0}))

    measures = means(evaluated(cli, gold)["overall"]["measures"])

    assert measures["ndcg_10_graded"] == measures["recall_at_1"] == 1.0


def test_a_line_says_where_its_question_goes(cli: CommandLine, gold: Path) -> None:
    remembered(cli, "port", namespace="a")
    remembered(cli, "coffee", namespace="b")
    write(gold, asked("port"), asked("coffee", namespace="b"), asked("coffee", ids=["x"]))

    found = evaluated(cli, gold, "-n", "a")

    kept = {name: one["measures"]["mrr"]["mean"] for name, one in found["namespaces"].items()}
    assert kept == {"a": 0.5, "b": 1.0}
    assert found["overall"]["measures"]["mrr"]["mean"] == pytest.approx(2 / 3)


def test_the_limit_is_that_of_the_answer_and_not_of_the_ranking(
    cli: CommandLine, gold: Path
) -> None:
    remembered(cli, *TEXTS)
    write(gold, {"query": " ".join(QUESTIONS.values()), "ids": [*TEXTS]})

    found = evaluated(cli, gold, "--limit", "1")

    assert found["overall"]["answer"]["hits"]["mean"] == 1.0
    assert found["overall"]["measures"]["recall_at_5"]["mean"] == 1.0


def test_gold_that_was_folded_into_a_hit_is_kept(cli: CommandLine, gold: Path) -> None:
    remembered(cli, *TEXTS)
    cli("remember", TEXTS["port"], "--id", "again")
    write(gold, asked("port"))

    found = evaluated(cli, gold, "--limit", "1")

    assert found["overall"]["answer"]["gold_kept"]["mean"] == 1.0
    assert found["overall"]["answer"]["precision"] == 1.0
    assert found["overall"]["measures"]["recall_at_5"]["mean"] == 1.0


def test_the_present_of_a_question_goes_with_it(cli: CommandLine, gold: Path) -> None:
    remembered(cli, *TEXTS)
    sent: list[Any] = []
    cli.before = lambda request: sent.append(json.loads(request.read() or b"{}").get("now"))
    write(gold, asked("port", now="2024-05-20"), asked("coffee"))

    evaluated(cli, gold)

    assert sent == ["2024-05-20T00:00:00+00:00"] * 2 + [None] * 2


def test_many_questions_keep_the_order_of_their_lines(
    cli: CommandLine, gold: Path, tmp_path: Path
) -> None:
    remembered(cli, *TEXTS)
    ids = [*TEXTS] * 12
    write(gold, *(asked(id, filter={"id": id}) for id in ids))

    evaluated(cli, gold, "--per-query", str(tmp_path / "rows"))

    rows = [json.loads(line) for line in (tmp_path / "rows").read_text().splitlines()]
    assert [row["line"] for row in rows] == list(range(1, 37))
    assert [row["first"] for row in rows] == [[id] for id in ids]


def test_what_changed_since_the_baseline_is_paired_by_question(
    cli: CommandLine, gold: Path, tmp_path: Path
) -> None:
    remembered(cli, *TEXTS)
    before = str(tmp_path / "before")
    write(gold, *map(asked, TEXTS))
    evaluated(cli, gold, "--per-query", before)
    cli("forget", "refund")
    write(gold, asked("coffee"), {"query": "new", "ids": []}, asked("refund"))

    changed = evaluated(cli, gold, "--baseline", before)["baseline"]

    assert (changed["questions"], changed["better"], changed["worse"]) == (2, 0, 1)
    assert (changed["only_now"], changed["only_before"]) == (1, 1)
    assert set(means(changed["measures"]).values()) == {-0.5}
    assert changed["gold_kept"]["mean"] == -0.5


def test_a_baseline_of_other_questions_is_refused_before_any_is_asked(
    cli: CommandLine, gold: Path, tmp_path: Path
) -> None:
    remembered(cli, *TEXTS)
    before = str(tmp_path / "before")
    write(gold, asked("port"))
    evaluated(cli, gold, "--per-query", before)
    write(gold, asked("port", ids=["coffee"]))
    cli.before = unreachable

    ended = cli("eval", "--gold", str(gold), "--baseline", before)

    assert ended.code == 1
    assert "none of these questions" in ended.err


@pytest.mark.parametrize("content", ["x", "{}", '{"question": 3}', "[]"])
def test_a_baseline_that_is_none_is_named_by_its_line(
    cli: CommandLine, gold: Path, tmp_path: Path, content: str
) -> None:
    write(gold, asked("port"))
    (tmp_path / "before").write_text(content)

    ended = cli("eval", "--gold", str(gold), "--baseline", str(tmp_path / "before"))

    assert ended.code == 1
    assert "Line 1 of" in ended.err
    assert "(malformed_line)" in ended.err


def test_no_text_of_a_question_or_an_entry_is_printed_or_kept(
    cli: CommandLine, gold: Path, tmp_path: Path
) -> None:
    remembered(cli, "port", "refund")
    write(gold, *map(asked, TEXTS), asked("port", ids=["refund"]))
    rows = tmp_path / "rows"

    ended = cli("eval", "--gold", str(gold), "--per-query", str(rows), "--show")
    again = cli("eval", "--gold", str(gold), "--baseline", str(rows), "--json")

    everything = ended.out + ended.err + again.out + again.err + rows.read_text()
    for word in ("staging", "gateway", "ferry", "refunded", "drink"):
        assert word not in everything.lower()


def test_ids_of_the_worst_questions_are_shown_on_request_alone(
    cli: CommandLine, gold: Path
) -> None:
    remembered(cli, *TEXTS)
    write(gold, asked("port"), asked("coffee", ids=["refund"]))

    quiet, shown = cli("eval", "--gold", str(gold)), cli("eval", "--gold", str(gold), "--show")

    assert "The worst 1 question:" in quiet.out
    assert "refund" not in quiet.out
    assert "refund" in shown.out
    assert "coffee" in shown.out


def test_a_part_that_was_missing_is_said(cli: CommandLine, gold: Path) -> None:
    remembered(cli, *TEXTS)
    cli("remember", "later", "--embed", "async")
    write(gold, *map(asked, TEXTS))

    ended = cli("eval", "--gold", str(gold))

    assert "Warning: for 3 questions, some entries still wait for their vectors." in ended.err


def test_questions_come_from_standard_input_and_empty_lines_are_passed_over(
    cli: CommandLine,
) -> None:
    remembered(cli, *TEXTS)
    lines = f"\ufeff\n{json.dumps(asked('port'))}\r\n\n{json.dumps(asked('coffee'))}"

    ended = cli("eval", "--gold", "-", "--json", stdin=lines.encode())

    assert json.loads(ended.out)["overall"]["questions"] == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"query": "x", "ids": [], "query": "x"}', "names a key twice"),
        ('{"query": "x", "ids": ["\\ud800"]}', "surrogate"),
        ('{"ids": []}', "query: a string"),
        ('{"query": "\\t", "ids": []}', "query: holds no visible character"),
        ('{"query": "x"}', "ids: in every line"),
        ('{"query": "x", "id": ["a"]}', "perhaps it means ids"),
        ('{"query": "x", "ids": [], "answer": ""}', "there are query, ids"),
        ('{"query": "x", "ids": [3]}', "ids: an id is a string"),
        ('{"query": "x", "ids": [""]}', "ids: an id has 1 to 512 bytes"),
        ('{"query": "x", "ids": {"a": -1}}', "ids: a relevance"),
        ('{"query": "x", "ids": {"a": true}}', "ids: a relevance"),
        ('{"query": "x", "ids": [], "namespace": "no space"}', "namespace: a namespace has"),
        ('{"query": "x", "ids": [], "filter": []}', "filter: an object"),
        ('{"query": "x", "ids": [], "filter": {"spaeker": "A"}}', "filter/spaeker: no such"),
        ('{"query": "x", "ids": [], "now": "tomorrow"}', "now: not a time"),
    ],
)
def test_a_malformed_line_is_named_before_anything_is_asked(
    cli: CommandLine, gold: Path, line: str, said: str
) -> None:
    cli.before = unreachable
    gold.write_text(json.dumps(asked("port")) + "\n" + line + "\n", encoding="utf-8")

    ended = cli("eval", "--gold", str(gold))

    assert ended.code == 1
    assert ended.err.startswith("memory-service: Line 2")
    assert said in ended.err
    assert ended.err.endswith("(malformed_line)\n")


def test_a_file_that_cannot_be_used_is_refused(cli: CommandLine, gold: Path) -> None:
    missing = cli("eval", "--gold", str(gold))
    gold.write_text("\n")
    empty = cli("eval", "--gold", str(gold))

    assert (missing.code, empty.code) == (2, 1)
    assert "No such file" in missing.err
    assert "holds no question" in empty.err


def test_a_namespace_that_is_not_there_ends_the_command(cli: CommandLine, gold: Path) -> None:
    write(gold, asked("port"))

    ended = cli("eval", "--gold", str(gold), "-n", "nowhere")

    assert ended.code == 1
    assert "(namespace_not_found)" in ended.err


def test_a_bar_is_drawn_on_a_terminal_alone(cli: CommandLine, gold: Path) -> None:
    remembered(cli, *TEXTS)
    write(gold, *map(asked, TEXTS))

    def run(*options: str, terminal: bool) -> Ended:
        return cli("eval", "--gold", str(gold), *options, terminal=terminal)

    assert "3 questions" in run(terminal=True).err
    assert run(terminal=False).err == run("--json", terminal=True).err == ""


def unreachable(_: httpx2.Request) -> None:
    pytest.fail("nothing was to be asked")
