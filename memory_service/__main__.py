"""`python -m memory_service` and the `memory-service` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command and give its exit code; 2 where only the client is installed."""
    try:
        from memory_service.cli.main import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("memory_service"):
            raise
        sys.stderr.write(
            f"memory-service: {error.name} is missing; the command line comes with the server "
            "extra: pip install 'memory-service[server]'\n"
        )
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
