"""Import, restart and kill: `make bench-ingest DATA=folder`.

A real daemon takes the set through the client.  Then it is stopped and started again: the same
questions must get the same answers, and nothing may be embedded again.  At last, daemons are
killed with SIGKILL in the middle of an import, and started again over what is left: every entry
that was acknowledged must be there, with its text.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.bare_model import load_model, texts_per_second
from benchmarks.daemon import running_daemon
from benchmarks.datasets import Dataset, find_sets, pick_questions, read_set
from benchmarks.results import RESULTS, describe_data, describe_run, write_result
from benchmarks.tables import ingest_tables
from benchmarks.trials import Restarted, ask_all, kill_while_importing, restart, time_import
from memory_service.errors import MemoryServiceError
from memory_service.model.entry import contextual_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.protocols import EmbedderIdentity

#: Texts in one call of the bare model, as in the import.
_BATCH = 256
#: How many texts the bare model is timed on.
_SAMPLE = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An import, the restart after it, and the model by itself."""

    entries_per_second: float
    model_texts_per_second: float
    identity: EmbedderIdentity
    restarted: Restarted


def import_and_restart(dataset: Dataset, options: argparse.Namespace) -> Imported:
    """Import into a fresh daemon, ask, stop it, start it again, ask again."""
    questions = pick_questions(dataset, options.questions, seed=options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_daemon(folder, model=options.model) as daemon, daemon.connect() as client:
            seconds = time_import(client, dataset)
            before = ask_all(client, questions)
            model = client.status().model
        restarted = restart(folder, model=options.model, questions=questions, before=before)
        embedder = load_model(options.model, folder, expect=model)
    return Imported(
        entries_per_second=len(dataset.entries) / seconds,
        model_texts_per_second=texts_per_second(embedder, _sample_keys(dataset), batch=_BATCH),
        identity=embedder.identity,
        restarted=restarted,
    )


def benchmark(dataset: Dataset, options: argparse.Namespace) -> dict[str, Any]:
    """Import, restart, and kill as often as asked."""
    imported = import_and_restart(dataset, options)
    rate = imported.entries_per_second
    kills = [
        kill_while_importing(dataset, model=options.model, rate=rate, seed=options.seed + trial)
        for trial in range(options.kills)
    ]
    return {
        "benchmark": "ingest",
        "set": dataset.name,
        "run": asdict(describe_run(seed=options.seed, now=datetime.now(UTC))),
        "model": {"identity": asdict(imported.identity)},
        "data": describe_data(dataset),
        "import": {
            "entries_per_second": rate,
            "model_texts_per_second": imported.model_texts_per_second,
        },
        "restart": asdict(imported.restarted),
        "kills": [asdict(trial) for trial in kills],
    }


def held(result: Mapping[str, Any]) -> bool:
    """Whether what must hold did: the same answers, nothing embedded again, nothing lost."""
    after = result["restart"]
    same = after["same"] == after["questions"] and after["embedded_again"] == 0
    return same and all(trial["lost"] == 0 for trial in result["kills"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one set; 0 if all held, 1 if something did not, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    try:
        dataset = read_set(find_sets(options.data, options.set)[0])
        result = benchmark(dataset, options)
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    write_result(options.results / f"ingest-{dataset.name}.json", result)
    print(json.dumps(result, ensure_ascii=False) if options.json else ingest_tables([result]))
    return 0 if held(result) else 1


def _sample_keys(dataset: Dataset) -> list[str]:
    """Texts as they are embedded, evenly spread over the set."""
    step = max(1, len(dataset.entries) // _SAMPLE)
    return [contextual_key(placed.draft).text for placed in dataset.entries[::step]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench-ingest", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of sets")
    parser.add_argument("--set", help="the set to measure, of several")
    parser.add_argument("--questions", type=int, default=50, help="asked before and after")
    parser.add_argument("--kills", type=int, default=3, help="how many imports are killed")
    parser.add_argument("--seed", type=int, default=0, help="of questions and moments")
    parser.add_argument("--model", default="auto", help="as in the settings")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the result goes")
    parser.add_argument("--json", action="store_true", help="print the result, not a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
