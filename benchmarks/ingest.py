"""Import, restart and kill: `make bench-ingest DATA=folder`.

A real daemon takes the set through the client.  Then it is stopped and started again: the same
questions must get the same answers, and nothing may be embedded again.  Another daemon takes the
set by the import route.  Before and after, the same texts go through the model alone and through
stock sentence-transformers, in turns.  At last, daemons are killed with SIGKILL in the middle of
an import, and started again over what is left: every entry that was acknowledged must be there,
with its text.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from agent_client.errors import MemoryClientError
from benchmarks.bare_model import load_model
from benchmarks.daemon import running_daemon
from benchmarks.datasets import Dataset, find_sets, pick_questions, read_set
from benchmarks.ingest_rates import ModelRates, import_by_stream, model_rates, stock_model
from benchmarks.ingest_tables import ingest_tables
from benchmarks.musts import Must, must_lines
from benchmarks.results import RESULTS, describe_data, describe_run, write_result
from benchmarks.trials import Restarted, ask_all, kill_while_importing, restart, time_import
from memory_service.errors import MemoryServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory_service.model.entry import EntryDraft
    from memory_service.protocols import EmbedderIdentity

#: On how many entries the bare models are timed, each time.
_SAMPLE = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Imports by both ways, the restart after the first, and the models by themselves.

    Rates are entries a second.
    """

    by_client: float
    by_stream: float
    models: ModelRates
    identity: EmbedderIdentity
    restarted: Restarted


def import_and_restart(dataset: Dataset, options: argparse.Namespace) -> Imported:
    """Import into a fresh daemon, ask, stop it, start it again, ask again; import by stream."""
    questions = pick_questions(dataset, options.questions, seed=options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_daemon(folder, model=options.model) as daemon, daemon.connect() as client:
            seconds = time_import(client, dataset)
            before = ask_all(client, questions)
            model = client.status().model
        restarted = restart(folder, model=options.model, questions=questions, before=before)
        embedder = load_model(options.model, folder, expect=model)
        stock = stock_model(options.model, folder)
    sample = _sample(dataset)
    rates = [model_rates(embedder, stock, sample)]
    by_stream = import_by_stream(dataset, model=options.model)
    rates.append(model_rates(embedder, stock, sample))
    return Imported(
        by_client=len(dataset.entries) / seconds,
        by_stream=by_stream,
        models=ModelRates(
            own=fmean(one.own for one in rates), stock=fmean(one.stock for one in rates)
        ),
        identity=embedder.identity,
        restarted=restarted,
    )


def benchmark(dataset: Dataset, options: argparse.Namespace) -> dict[str, Any]:
    """Import, restart, and kill as often as asked."""
    imported = import_and_restart(dataset, options)
    rate = imported.by_client
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
            "stream_entries_per_second": imported.by_stream,
            "model_entries_per_second": imported.models.own,
            "stock_entries_per_second": imported.models.stock,
        },
        "restart": asdict(imported.restarted),
        "kills": [asdict(trial) for trial in kills],
    }


def ingest_musts(result: Mapping[str, Any]) -> list[Must]:
    """The demands on the import route; none on what was not measured."""
    rates = result["import"]
    ingest = rates["stream_entries_per_second"]
    found = [
        Must(
            what="ingest through HTTP against the model's own batches",
            limit=0.85,
            measured=ingest / rates["model_entries_per_second"],
            at_least=True,
        )
    ]
    if rates["stock_entries_per_second"]:
        found.append(
            Must(
                what="ingest through HTTP against stock encode in batches of 32",
                limit=2.5,
                measured=ingest / rates["stock_entries_per_second"],
                at_least=True,
            )
        )
    return found


def held(result: Mapping[str, Any]) -> bool:
    """Whether nothing went wrong: the same answers, nothing embedded again, nothing lost.

    Speed is told by `ingest_musts`, and judged by who reads them.
    """
    after = result["restart"]
    same = after["same"] == after["questions"] and after["embedded_again"] == 0
    return same and all(trial["lost"] == 0 for trial in result["kills"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one set; 0 if all held, 1 if something did not, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    try:
        dataset = read_set(find_sets(options.data, options.set)[0])
        result = benchmark(dataset, options)
        result["musts"] = [must.as_json() for must in ingest_musts(result)]
    except (MemoryServiceError, MemoryClientError) as error:
        print(error, file=sys.stderr)
        return 2
    write_result(options.results / f"ingest-{dataset.name}.json", result)
    print(json.dumps(result, ensure_ascii=False) if options.json else _printed(result))
    return 0 if held(result) else 1


def _printed(result: Mapping[str, Any]) -> str:
    return f"{ingest_tables([result])}\n\n{must_lines(ingest_musts(result))}"


def _sample(dataset: Dataset) -> list[EntryDraft]:
    """Entries evenly spread over the set."""
    step = max(1, len(dataset.entries) // _SAMPLE)
    return [placed.draft for placed in dataset.entries[::step]]


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
