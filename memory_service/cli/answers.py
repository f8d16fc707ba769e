"""An answer to a recall, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.cli.output import counted, day, safe, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table
    from rich.text import Text

    from agent_client.models import Cut, Hit, Recall, Turn
    from memory_service.cli.world import World

_LONGEST = 600
_LONGEST_TURN = 200
_SHOWN_DUPLICATES = 5

EVIDENCE_WORDS = {
    "strong": "The answer is very likely among these",
    "weak": "The answer may be among these",
    "none": "Probably none of these is relevant",
}
_WITHOUT_HITS = {"none": "Nothing relevant is remembered"}
CUT_WORDS = {
    "unlikely": "what follows is too unlikely to help",
    "limit": "the limit is reached",
    "min_score": "what follows scores too low",
    "budget": "the next one would exceed the budget",
    "exhausted": "there are no more candidates",
    "no_evidence": "nothing looked at is evidence for an answer",
    "off": "the number of hits was fixed",
}
DEGRADED_WORDS = {
    "model_missing": "there is no model, so only words were compared",
    "embedder_failed": "the model failed, so only words were compared",
    "deadline": "there was no time for the model, so only words were compared",
    "pending": "some entries still wait for their vectors",
    "no_terms": "the question has no word to look for",
    "reranker_deadline": "there was no time for the second look at the ranking",
    "reranker_failed": "the second look at the ranking failed; see the service's log",
    "damaged": "the store lost changes, so entries may be missing; see `memory-service status`",
    "recent_only": "nothing was comparable; these are merely the newest",
}


def print_answer(world: World, answer: Recall) -> None:
    """Print hits with their reasons, how good the evidence is, and why the answer ends there."""
    if answer.hits:
        world.out.print(_table(answer.hits))
        say(world, "")
    for line in _remarks(answer):
        say(world, line)
    if answer.nearest and not answer.hits:
        say(world, "")
        say(world, "The nearest entries:")
        world.out.print(_table(answer.nearest))


def _remarks(answer: Recall) -> list[str]:
    """What the answer says about itself, a sentence a line."""
    known = EVIDENCE_WORDS if answer.hits else _WITHOUT_HITS
    evidence = known.get(answer.evidence, f"The evidence is {answer.evidence}")
    lines = [f"{evidence} (probability {answer.probability:.2f}); {_ending(answer.cut)}."]
    lines += [f"Note: {_reason(part.leg, part.reason)}." for part in answer.degraded]
    if answer.truncated:
        lines.append("Note: the question was longer than the model reads; its start was used.")
    if answer.timings_ms:
        stages = ", ".join(f"{stage} {took:.1f}" for stage, took in answer.timings_ms.items())
        lines.append(f"Milliseconds: {stages}.")
    return lines


def _ending(cut: Cut) -> str:
    reason = CUT_WORDS.get(cut.reason, cut.reason)
    looked_at = f"{counted(cut.below, 'candidate')} below"
    return f"{reason} ({looked_at})" if cut.below else reason


def _reason(leg: str, reason: str) -> str:
    return DEGRADED_WORDS.get(reason, f"the {leg} leg is missing ({reason})")


def _table(hits: Sequence[Hit]) -> Table:
    """Rank, score, who and when, and the text with what belongs to it."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    table.add_column("who, when", max_width=16, overflow="fold")
    table.add_column("text", ratio=1, overflow="fold")
    for hit in hits:
        if table.row_count:
            table.add_row()
        entry = hit.entry
        who = "\n".join(filter(None, [entry.speaker or "", day(entry.event_time)]))
        table.add_row(str(hit.rank), f"{hit.score:.2f}", Text(safe(who)), _told(hit))
    return table


def _told(hit: Hit) -> Text:
    """The text between its context, its id and reason, and what was folded into it."""
    from rich.text import Text

    text = Text()
    for turn in hit.context:
        if turn.steps < 0:
            text.append(f"{_turn(turn)}\n", style="dim")
    text.append(safe(_shown(hit)))
    for turn in hit.context:
        if turn.steps > 0:
            text.append(f"\n{_turn(turn)}", style="dim")
    text.append(f"\n{safe(hit.entry.id)}", style="cyan")
    text.append(f" · {safe(hit.why)}" if hit.why else "", style="dim")
    if hit.duplicates:
        text.append(f"\n{safe(_duplicates(hit.duplicates))}", style="dim")
    return text


def _turn(turn: Turn) -> str:
    """A turn of context on lines of its own, each after a mark."""
    said = turn.text
    if len(said) > _LONGEST_TURN:
        said = said[:_LONGEST_TURN].rstrip() + " …"
    name = f"{turn.speaker}: " if turn.speaker else ""
    return "\n".join(f"~ {line}" for line in safe(name + said).splitlines())


def _duplicates(ids: Sequence[str]) -> str:
    more = len(ids) - _SHOWN_DUPLICATES
    named = ", ".join(ids[:_SHOWN_DUPLICATES]) + (f" and {more:,} more" if more > 0 else "")
    return f"The same is said by {named}."


def _shown(hit: Hit) -> str:
    """The text, or the passage that matched; shortened if it is long."""
    text = hit.entry.text
    if hit.span is not None and len(text) > _LONGEST:
        text = ("… " if hit.span.start else "") + text[hit.span.start :]
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"
