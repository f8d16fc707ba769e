"""`memory-service forget`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from memory_service.cli.exit_codes import ExitCode
from memory_service.cli.options import (
    FilterOption,
    JsonOption,
    KeyFileOption,
    NamespaceOption,
    UrlOption,
    YesOption,
)
from memory_service.cli.output import counted, parsed_filter, print_json, say, tell
from memory_service.cli.restoring import print_restored
from memory_service.cli.world import Address, World, world_of
from memory_service.errors import ConfigurationError

if TYPE_CHECKING:
    from agent_client import MemoryClient
    from agent_client.models import ForgetReport

_PURGED = (
    "The files may still hold it until `memory-service compact`; backups made before hold it as "
    "long as they are kept."
)


def forget(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Which entries.", show_default=False),
    ] = None,
    filter: FilterOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what matches the filter.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take it back: what was forgotten comes back.")
    ] = False,
    yes: YesOption = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete what they say for good, all versions.")
    ] = False,
    namespace: NamespaceOption = "default",
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget entries by their ids, or all that match a filter; `--undo` is the way back."""
    wanted = parsed_filter(filter)
    if bool(ids) == (wanted is not None):
        raise ConfigurationError("Give either ids or --filter.")
    if dry_run and ids:
        raise ConfigurationError("--dry-run goes with --filter.")
    if undo and purge:
        raise ConfigurationError("--undo takes back what --purge would delete; choose one.")
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        if undo:
            restored = client.restore(ids or None, filter=wanted, dry_run=dry_run)
            print_restored(world, restored, dry_run=dry_run, as_json=as_json)
        elif wanted is None:
            _forget_ids(world, client, ids or [], purge=purge, as_json=as_json)
        elif dry_run or _agreed(world, client, wanted, yes=yes):
            report = client.forget(filter=wanted, dry_run=dry_run, purge=purge)
            _print(world, report, as_json=as_json)
    if purge and not dry_run:
        tell(world, _PURGED)


def _forget_ids(
    world: World, client: MemoryClient, ids: list[str], *, purge: bool, as_json: bool
) -> None:
    """Forget these; one that is not there is named, and the others are forgotten all the same."""
    from agent_client import EntryNotFoundError

    missing = 0
    for id in ids:
        try:
            outcome = client.forget(id, purge=purge)
        except EntryNotFoundError as error:
            missing += 1
            if as_json:
                print_json(world, {"status": "missing", "id": id})
            else:
                tell(world, f"{id}: {error.detail}")
        else:
            print_json(world, outcome) if as_json else say(world, f"forgotten: {id}")
    if missing:
        raise typer.Exit(ExitCode.REFUSED)


def _agreed(world: World, client: MemoryClient, filter: Mapping[str, object], *, yes: bool) -> bool:
    """Whether the caller wants this many entries gone."""
    if yes:
        return True
    report = client.forget(filter=filter, dry_run=True)
    return confirmed(world, f"Forget {counted(report.matched, 'entry', 'entries')}?")


def confirmed(world: World, question: str) -> bool:
    """Ask on standard error; a yes is `y` or `yes`, and no answer is a no."""
    world.err.print(f"{question} [y/N] ", end="", markup=False, emoji=False, highlight=False)
    agreed = world.stdin.readline().decode(errors="replace").strip().lower() in {"y", "yes"}
    if not agreed:
        tell(world, "Nothing was changed.")
        raise typer.Exit(ExitCode.REFUSED)
    return True


def _print(world: World, report: ForgetReport, *, as_json: bool) -> None:
    if as_json:
        print_json(world, report)
        return
    matched = counted(report.matched, "entry", "entries")
    match = f"{matched} match{'es' if report.matched == 1 else ''}"
    say(world, f"{match}, {report.forgotten:,} forgotten.")
    for id in report.ids:
        say(world, f"  {id}")
    if report.matched > len(report.ids):
        say(world, f"  … and {report.matched - len(report.ids):,} more")
