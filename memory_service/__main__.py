"""`python -m memory_service` and the `memory-service` command."""

from __future__ import annotations

import sys

from memory_service.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
