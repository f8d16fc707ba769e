"""Looking through a store in tests; most tests of storage end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory_service.backends.local import LocalOptions
from memory_service.backends.verifying.repairing import repair
from memory_service.backends.verifying.verifying import verify
from tests.support.clock import START

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.backends.verifying.findings import Report
    from memory_service.backends.verifying.repairing import Repair


def verified(folder: Path) -> Report:
    """What `memory-service verify --all` finds in the store that *folder* holds."""
    return verify(folder, now=START, options=LocalOptions(), sample=None)


def assert_verified(folder: Path) -> None:
    """Nothing is wrong with the store in *folder*, which nobody has open."""
    assert verified(folder).findings == ()


def repaired(folder: Path) -> Repair:
    """What `memory-service verify --repair` did to the store in *folder*."""
    return repair(folder, verified(folder), now=START, options=LocalOptions(), sample=None)


def codes_of(report: Report) -> set[str]:
    """The codes of all that was found."""
    return {finding.code for finding in report.findings}
