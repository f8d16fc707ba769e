"""The main job from start to end: `make demo`, or `make demo DATA=locomo10.json`.

Starts a daemon over a temporary folder, imports a conversation through the client, asks
questions, shows what came back and why, and stops the daemon.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from agent_client.errors import MemoryClientError
from benchmarks.daemon import running_daemon
from benchmarks.progress import progress
from benchmarks.sending import as_sent
from benchmarks.showing import show_answer, show_beginning, show_end
from benchmarks.story import Told, locomo_story, own_story
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent_client import MemoryClient
    from benchmarks.datasets import Question
    from benchmarks.story import Story

_WIDTH = 80


def tell(client: MemoryClient, story: Story, console: Console) -> Told:
    """Import the conversation and ask its questions."""
    label = f"importing {len(story.drafts)} turns"
    with progress(label, len(story.drafts), console=console, keep=True) as advance:
        for receipt in client.remember_many(map(as_sent, story.drafts), namespace=story.namespace):
            advance(len(receipt.outcomes) - len(receipt.rejected))
    right = [_ask(client, question, console) for question in story.questions]
    answerable = [bool(question.gold) for question in story.questions]
    return Told(
        asked=sum(answerable),
        found=sum(ok for ok, known in zip(right, answerable, strict=True) if known),
        foreign=len(answerable) - sum(answerable),
        refused=sum(ok for ok, known in zip(right, answerable, strict=True) if not known),
    )


def run(story: Story, *, model: str, console: Console) -> bool:
    """Tell the story to a daemon of its own; whether all went as it should."""
    with tempfile.TemporaryDirectory() as folder:
        console.print(f"[bold]{escape(story.title)}[/]\n[dim]starting a daemon …[/]")
        with running_daemon(Path(folder), model=model) as daemon, daemon.connect() as client:
            show_beginning(console, daemon.url, client.status())
            told = tell(client, story, console)
            kept = client.status().entries
            stopped = daemon.stop() == 0
    show_end(console, told, kept=kept, stopped=stopped)
    return stopped and kept == len(story.drafts) and (told.complete or not story.certain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 if everything worked, 1 if something did not, 2 if it could not run."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--data", type=Path, help="locomo10.json; our own conversation by default")
    parser.add_argument("--model", default="auto", help="as in the settings")
    options = parser.parse_args(arguments)
    console = Console(width=_WIDTH, highlight=False)
    try:
        story = locomo_story(options.data) if options.data else own_story()
        return 0 if run(story, model=options.model, console=console) else 1
    except (MemoryServiceError, MemoryClientError, OSError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        return 2


def _ask(client: MemoryClient, question: Question, console: Console) -> bool:
    """Ask and show; whether an expected entry came, or nothing where there is none."""
    answer = client.recall(question.text, namespace=question.namespace)
    show_answer(console, question, answer)
    if not question.gold:
        return not answer.hits
    return any(hit.entry.id in question.gold for hit in answer.hits)


if __name__ == "__main__":
    raise SystemExit(main())
