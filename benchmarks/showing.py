"""What the demo prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from agent_client import Hit, Recall, Status
    from benchmarks.datasets import Question
    from benchmarks.story import Told

#: Hits shown in full.
_SHOWN = 3
_COLOURS = {"strong": "green", "weak": "yellow", "none": "red"}
_CUTS = {
    "unlikely": "no other is likely enough",
    "limit": "the limit of hits is reached",
    "min_score": "the rest scores too low",
    "budget": "the token budget is spent",
    "exhausted": "there is nothing else",
    "no_evidence": "nothing relevant",
    "off": "as many as were asked for",
}


def show_beginning(console: Console, url: str, status: Status) -> None:
    """Where the daemon runs and which model serves."""
    model = status.model
    name = f"{model.name}, {model.dimensions} dimensions" if model.name else "none: words alone"
    console.print(f"daemon   {url}\nmodel    {escape(name)} ({model.source or model.state})")


def show_answer(console: Console, question: Question, answer: Recall) -> None:
    """The question, how much there is to find, and the first hits with their reasons."""
    console.print(f"\n[bold cyan]? {escape(question.text)}[/]")
    console.print(Padding(_summary(answer), (0, 0, 0, 2)))
    for hit in answer.hits[:_SHOWN]:
        _show_hit(console, hit, expected=hit.entry.id in question.gold)
    for near in () if answer.hits else answer.nearest[:1]:
        console.print(f"  [dim]the nearest, at {near.score:.2f}: {escape(near.entry.text)}[/]")
    if len(answer.hits) > _SHOWN:
        console.print(f"  [dim]and {len(answer.hits) - _SHOWN} more[/]")
    for missing in answer.degraded:
        console.print(f"  [red]without the {missing.leg} leg: {escape(missing.reason)}[/]")


def show_end(console: Console, told: Told, *, kept: int, stopped: bool) -> None:
    """How it went."""
    console.print(
        f"\n[bold]{told.found} of {told.asked}[/] questions found the turn that answers them "
        f"([green]✓[/]), [bold]{told.refused} of {told.foreign}[/] without an answer said so.\n"
        f"{kept} entries were stored; the daemon "
        + ("stopped cleanly." if stopped else "[red]did not stop cleanly.[/]")
    )


def _summary(answer: Recall) -> Text:
    why = _CUTS.get(answer.cut.reason, answer.cut.reason)
    counted = f"{len(answer.hits)} of {answer.cut.considered} candidates: {why}"
    said = why if answer.evidence == "none" and not answer.hits else counted
    level = f"{'no' if answer.evidence == 'none' else answer.evidence} evidence"
    return Text.assemble(
        (level, _COLOURS.get(answer.evidence, "")), (f" ({answer.probability:.2f}); {said}", "dim")
    )


def _show_hit(console: Console, hit: Hit, *, expected: bool) -> None:
    entry = hit.entry
    date = f"{entry.event_time.date()} " if entry.event_time else ""
    speaker = f"{entry.speaker}: " if entry.speaker else ""
    said = Text.assemble((date, "dim"), speaker, entry.text)
    row = Table.grid(padding=(0, 1))
    row.add_row(
        Text("✓" if expected else " ", style="bold green"),
        Text(f"{hit.score:.2f}", style="bold"),
        Group(said, Text(hit.why, style="dim italic")),
    )
    console.print(Padding(row, (0, 0, 0, 2)))
