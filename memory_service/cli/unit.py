"""The systemd user unit, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT_NAME = "memory-service.service"


def unit_text(command: Sequence[str]) -> str:
    """The unit that runs *command*, and runs it again when it ends in a fault.

    A wrong setting (exit code 2) is not tried again: it would fail the same way.  `SIGTERM` lets
    the daemon finish what it does; it is killed if that takes more than 30 seconds.
    """
    return f"""\
[Unit]
Description=Memory service for agents

[Service]
Type=exec
ExecStart={" ".join(_quoted(word) for word in command)}
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2 4
TimeoutStopSec=30
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def _quoted(word: str) -> str:
    """A word of a command line as systemd reads it (systemd.service(5), "Command lines")."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
