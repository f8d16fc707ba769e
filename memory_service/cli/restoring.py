"""`memory-service forget --undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from memory_service.cli.exit_codes import ExitCode
from memory_service.cli.output import counted, print_json, say, tell

if TYPE_CHECKING:
    from agent_client.models import RestoreReport
    from memory_service.cli.world import World


def print_restored(world: World, report: RestoreReport, *, dry_run: bool, as_json: bool) -> None:
    """What came back, or would; ends with a refusal when something that was named did not."""
    if as_json:
        print_json(world, report)
    else:
        _say(world, report, dry_run=dry_run)
    if report.restored < report.matched and not dry_run:
        raise typer.Exit(ExitCode.REFUSED)


def _say(world: World, report: RestoreReport, *, dry_run: bool) -> None:
    matched = counted(report.matched, "entry", "entries")
    say(
        world, f"{matched} can come back." if dry_run else f"{report.restored:,} of {matched} back."
    )
    for id in report.ids:
        say(world, f"  {id}")
    for one in report.refused:
        why = one.error.detail if one.error else "Nothing of it is kept."
        tell(world, f"{one.id}: {why}")
