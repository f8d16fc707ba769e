"""The daemon as it ships, but for questions' vectors, which it is given: see `peers_given`.

    python -m benchmarks.peers_serve --vectors questions.npz

Every setting comes from the environment, as for `memory-service serve`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers_given import GivenEmbedder, read_vectors
from benchmarks.serving import serve_wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    options = _parser().parse_args(arguments)
    vectors = read_vectors(options.vectors)
    serve_wrapped(lambda inner: GivenEmbedder(inner, vectors))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="peers-serve", description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True, help="what `write_vectors` wrote")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
