"""How commands end."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes; `docs/cli.md` and `--help` name them.

    A recall that finds nothing relevant is `OK`: it is an answer.
    """

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    DAMAGED = 4
    STORE_FAILED = 70
    INTERRUPTED = 130


EXIT_CODES = """\
Exit codes: 0 done (a recall that finds nothing is done); 1 the daemon refused, or some \
entries were refused; 2 wrong usage or settings; 3 no daemon answers; \
4 the store is damaged; 70 the disk did not take what was written; 130 interrupted."""
