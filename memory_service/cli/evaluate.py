"""`memory-service eval`: how well recall finds what it should, on the caller's own store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.eval_asking import Asking, UnknownId
from memory_service.cli.eval_gold import read_gold
from memory_service.cli.eval_rows import QuestionRow, read_rows, write_rows
from memory_service.cli.options import JsonOption, KeyFileOption, NamespaceOption, UrlOption
from memory_service.cli.output import counted, print_json, say
from memory_service.cli.progress import progress_bar
from memory_service.cli.world import Address, World, world_of

if TYPE_CHECKING:
    from memory_service.cli.eval_figures import Difference, Figures
    from memory_service.cli.eval_gold import GoldQuestion

_MOST_WORST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All that an evaluation found; what `--json` prints."""

    limit: int
    models: list[str]
    calibrations: list[str]
    overall: Figures
    namespaces: Mapping[str, Figures]
    unknown: list[UnknownId]
    degraded: Mapping[str, int]
    worst: list[QuestionRow]
    baseline: Difference | None


def evaluate(
    context: typer.Context,
    gold: Annotated[
        str,
        typer.Option(
            "--gold",
            metavar="FILE",
            help="Questions and the ids that answer them, as JSONL; - for standard input.",
            show_default=False,
        ),
    ],
    namespace: NamespaceOption = "default",
    limit: Annotated[
        int, typer.Option("--limit", "-k", metavar="N", min=1, max=64, help="The most hits.")
    ] = 20,
    show: Annotated[
        bool, typer.Option("--show", help="Name the ids behind the worst questions.")
    ] = False,
    per_query: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a line a question.", show_default=False),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Compare with what --per-query wrote before.", show_default=False
        ),
    ] = None,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure recall with questions whose answers are known.

    A line of the file is {"query": "…", "ids": ["…"]}: every entry that answers the question.
    No ids: nothing remembered answers it. Also: "ids" as an object of relevance, "namespace",
    "filter", "now". Each question is asked twice, for a ranking without a cut and as an agent
    asks. Nothing is written to the daemon.
    """
    world = world_of(context)
    questions = read_gold(world, gold, namespace=namespace)
    before = _baseline(questions, baseline) if baseline else None
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        asking = Asking(client=client, limit=limit)
        rows, unknown = _asked(world, asking, questions, quiet=as_json)
    if per_query:
        write_rows(per_query, rows)
    found = _evaluation(asking, rows, unknown, before)
    _warn(world, found, show=show)
    if as_json:
        print_json(world, found)
    else:
        _print(world, found, show=show)


def _baseline(questions: list[GoldQuestion], file: Path) -> list[QuestionRow]:
    from memory_service.cli.eval_figures import check_baseline

    before = read_rows(file)
    check_baseline((question.digest for question in questions), before)
    return before


def _asked(
    world: World, asking: Asking, questions: list[GoldQuestion], *, quiet: bool
) -> tuple[list[QuestionRow], list[UnknownId]]:
    total = len(questions)
    with progress_bar(world, "asking", total=total, quiet=quiet, noun="questions") as advance:
        rows = asking.ask(questions, lambda done: advance(done, done))
    with progress_bar(world, "checking", total=total, quiet=quiet, noun="questions") as advance:
        return rows, asking.unknown_ids(questions, lambda done: advance(done, done))


def _evaluation(
    asking: Asking,
    rows: list[QuestionRow],
    unknown: list[UnknownId],
    before: list[QuestionRow] | None,
) -> Evaluation:
    from memory_service.cli.eval_figures import by_namespace, difference, figures, worst

    return Evaluation(
        limit=asking.limit,
        models=sorted(asking.models),
        calibrations=sorted(asking.calibrations),
        overall=figures(rows),
        namespaces=by_namespace(rows),
        unknown=unknown,
        degraded=asking.degraded,
        worst=worst(rows, most=_MOST_WORST),
        baseline=difference(rows, before) if before else None,
    )


def _warn(world: World, found: Evaluation, *, show: bool) -> None:
    from memory_service.cli.eval_tables import warn

    warn(world, found.unknown, found.degraded, show=show)


def _print(world: World, found: Evaluation, *, show: bool) -> None:
    from memory_service.cli.eval_tables import print_difference, print_figures, print_worst

    overall = found.overall
    without = overall.questions - overall.answerable
    say(
        world,
        f"{counted(overall.questions, 'question')}: {overall.answerable:,} with an answer, "
        f"{without:,} without; {', '.join(filter(None, found.models)) or 'no model'}, "
        f"at most {counted(found.limit, 'hit')}.",
    )
    say(world, "")
    print_figures(world, found.namespaces, overall)
    if found.baseline:
        print_difference(world, found.baseline)
    print_worst(world, found.worst, show=show)
