"""`memory-service recall`."""

from __future__ import annotations

from typing import Annotated

import typer

from memory_service.cli.answers import print_answer
from memory_service.cli.options import (
    FilterOption,
    JsonOption,
    KeyFileOption,
    NamespaceOption,
    UrlOption,
)
from memory_service.cli.output import parsed_filter, print_json, say
from memory_service.cli.world import Address, world_of
from memory_service.errors import ConfigurationError
from memory_service.model.recall import CutMode


def recall(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="QUERY", help="The question.", show_default=False)
    ],
    namespace: NamespaceOption = "default",
    limit: Annotated[
        int, typer.Option("--limit", "-k", metavar="N", min=1, max=64, help="The most hits.")
    ] = 20,
    min_k: Annotated[
        int, typer.Option(metavar="N", min=0, max=64, help="The fewest hits, if there are any.")
    ] = 0,
    cut: Annotated[
        CutMode, typer.Option(help="Keep what is likely to help, or as many as the limit.")
    ] = CutMode.ADAPTIVE,
    min_score: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE", min=0, max=1, help="Nothing scored lower.", show_default=False
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS", min=1, help="The most tokens in all hits.", show_default=False
        ),
    ] = None,
    filter: FilterOption = None,
    best: Annotated[
        bool, typer.Option("--best", help="Give the best there is, relevant or not.")
    ] = False,
    turns: Annotated[
        int,
        typer.Option(
            "--context", metavar="N", min=0, max=5, help="Show N turns before and after each hit."
        ),
    ] = 0,
    collapse: Annotated[
        bool,
        typer.Option(
            "--collapse/--no-collapse", help="Fold entries that say the same into the newest."
        ),
    ] = True,
    now: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the question is asked, for words such as yesterday.",
            show_default="now",
        ),
    ] = None,
    timings: Annotated[
        bool, typer.Option("--timings", help="Say how long each stage took.")
    ] = False,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Print the text for a model's prompt.")
    ] = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question; the answer has as few entries as it deserves, or none."""
    if as_json and prompt:
        raise ConfigurationError("--json and --prompt do not go together.")
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        answer = client.recall(
            " ".join(words),
            limit=limit,
            min_k=min_k,
            cut=cut.value,
            min_score=min_score,
            budget_tokens=budget,
            on_none="best" if best else "empty",
            filter=parsed_filter(filter),
            now=now,
            context=turns,
            collapse=collapse,
            timings=timings,
        )
    if as_json:
        print_json(world, answer)
    elif prompt:
        say(world, answer.to_prompt(budget))
    else:
        print_answer(world, answer)
