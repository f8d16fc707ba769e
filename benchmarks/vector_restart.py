"""Take saved vector indexes up in a process of its own, and say what that costs.

Prints one JSON object: seconds to take them up, to load the indexes asked for, and of their first
searches together; bytes of the process beyond what it held before, once all queries were asked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.footprint import memory_of
from benchmarks.vector_engines import taken_up

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEPTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and end as a process that is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the indexes; queries.npy lies beside it")
    parser.add_argument("given", type=json.loads, help="their dimensions, and which to search")
    options = parser.parse_args(arguments)
    queries = np.load(options.folder.parent / "queries.npy")
    before = memory_of(os.getpid())
    marks = [time.perf_counter()]
    indexes = taken_up(options.folder, options.given["dimensions"])
    marks.append(time.perf_counter())
    loaded = [index for number in options.given["numbers"] if (index := indexes.index(number))]
    marks.append(time.perf_counter())
    for index in loaded:
        index.search(queries[0], _DEPTH)
    marks.append(time.perf_counter())
    for query in queries:
        loaded[0].search(query, _DEPTH)
    after = memory_of(os.getpid())
    seconds = dict(zip(("take_up", "load", "first_search"), np.diff(marks).tolist(), strict=True))
    size = {
        "anonymous": after.anonymous - before.anonymous,
        "mapped": after.mapped - before.mapped,
    }
    print(json.dumps({"seconds": seconds, "bytes": size}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
