"""The daemon as it ships, but for questions' vectors, which it is given: see `peers_given`.

    python -m benchmarks.peers_serve --vectors questions.npz

Every setting comes from the environment, as for `memory-service serve`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers_given import GivenEmbedder, read_vectors
from memory_service import app
from memory_service.settings import load_settings, read_settings_file

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    options = _parser().parse_args(arguments)
    file = read_settings_file(None, os.environ)
    settings = load_settings(flags={}, environ=os.environ, file=file).settings
    vectors = read_vectors(options.vectors)
    app.serve(settings, wrap=lambda inner: GivenEmbedder(inner, vectors))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="peers-serve", description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True, help="what `write_vectors` wrote")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
