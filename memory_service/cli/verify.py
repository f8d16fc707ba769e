"""`memory-service verify`: whether a store is what it says, with the daemon stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.exit_codes import ExitCode
from memory_service.cli.options import ConfigOption, DataFolderOption, JsonOption
from memory_service.cli.output import a_table, add, counted, print_json, say
from memory_service.cli.progress import CheckBar
from memory_service.cli.serve import loaded
from memory_service.cli.world import World, world_of
from memory_service.errors import ConfigurationError

if TYPE_CHECKING:
    from memory_service.backends.verifying.findings import Check, Finding, Report
    from memory_service.backends.verifying.repairing import Repair
    from memory_service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What is printed: all that was looked at, and what was done about it."""

    ok: bool
    position: str
    checks: tuple[Check, ...]
    done: tuple[str, ...] = ()
    lost: tuple[int, int] | None = None


def verify(
    context: typer.Context,
    data_folder: DataFolderOption = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Build anew what is derived, move a bad log aside, go on without what is lost.",
        ),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Compare the postings of every entry, not of a sample.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Look through a store while no daemon uses it: log, rows, what is derived.

    Exit code 4 if something is not as it should be; each finding says what to do.
    """
    world = world_of(context)
    settings = loaded(world, config, {"data_folder": data_folder}).settings
    found = _verified(world, settings, repair=repair, every=every, quiet=as_json)
    if as_json:
        print_json(world, found)
    else:
        _show(world, found)
    if not found.ok:
        raise typer.Exit(ExitCode.DAMAGED)


def _verified(
    world: World, settings: Settings, *, repair: bool, every: bool, quiet: bool
) -> Verified:
    from memory_service.app import local_options
    from memory_service.backends.verifying import repairing, verifying
    from memory_service.data_folder import FolderLock

    if not (settings.data_folder / "store").exists():
        raise ConfigurationError(
            f"There is no store in {settings.data_folder}; name another with --data-folder."
        )
    sample = None if every else verifying.SAMPLE
    options, now = local_options(settings), world.clock()
    folder = settings.data_folder
    with FolderLock.hold(folder), CheckBar(world, quiet=quiet) as bar:
        found = verifying.verify(folder, now=now, options=options, sample=sample, progress=bar)
        if not repair or found.ok:
            return _of_report(found)
        return _of_repair(
            repairing.repair(folder, found, now=now, options=options, sample=sample, progress=bar)
        )


def _of_report(report: Report) -> Verified:
    return Verified(ok=report.ok, position=report.position, checks=report.checks)


def _of_repair(repaired: Repair) -> Verified:
    report = repaired.report
    return Verified(
        ok=report.ok,
        position=report.position,
        checks=report.checks,
        done=repaired.done,
        lost=repaired.lost,
    )


def _show(world: World, found: Verified) -> None:
    for line in found.done:
        say(world, f"Repaired: {line}.")
    table = a_table("check", "looked at", "found", "", right=("looked at", "found"))
    for check in found.checks:
        number = sum(finding.count for finding in check.findings)
        add(table, check.name, f"{check.looked_at:,}", f"{number:,}", check.note)
    world.out.print(table)
    findings = [finding for check in found.checks for finding in check.findings]
    for finding in findings:
        say(world, _line(finding))
    say(world, _sum(found, findings))


def _line(finding: Finding) -> str:
    return f"{finding.code}: {finding.detail.removesuffix('.')}.\n  Next: {finding.next_step}."


def _sum(found: Verified, findings: list[Finding]) -> str:
    if findings:
        return f"{counted(len(findings), 'kind')} of damage."
    return f"Nothing is wrong at position {found.position.rpartition(':')[0]}."
