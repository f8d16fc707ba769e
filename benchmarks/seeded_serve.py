"""The daemon as it ships, but for the vectors its model gives: see `seeded_embedder`.

    python -m benchmarks.seeded_serve --dimensions 768 --seed 0 --log forward.log

Every setting comes from the environment, as for `memory-service serve`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.seeded_embedder import ForwardLog, seeded
from benchmarks.serving import serve_wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    options = _parser().parse_args(arguments)
    log = ForwardLog(options.log)
    serve_wrapped(seeded(dimensions=options.dimensions, seed=options.seed, log=log))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seeded-serve", description=__doc__)
    parser.add_argument("--dimensions", type=int, required=True, help="of the vectors")
    parser.add_argument("--seed", type=int, required=True, help="of the vectors")
    parser.add_argument("--log", type=Path, required=True, help="where forward passes are noted")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
