"""`memory-service import`: entries from JSONL, in batches, safe to do again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from memory_service.cli.exit_codes import ExitCode
from memory_service.cli.import_lines import LineReader, Mark, batches
from memory_service.cli.import_marks import ImportMark
from memory_service.cli.import_sending import Report, Sender
from memory_service.cli.options import JsonOption, KeyFileOption, NamespaceOption, UrlOption
from memory_service.cli.output import counted, print_json, say, tell
from memory_service.cli.progress import progress_bar
from memory_service.cli.world import Address, World, world_of
from memory_service.engine.requests import EmbedMode
from memory_service.errors import ConfigurationError
from memory_service.model.write import OnConflict
from memory_service.settings import default_state_folder

if TYPE_CHECKING:
    from agent_client import MemoryClient
    from memory_service.cli.progress import Advance

_MOST_SHOWN = 20


def import_entries(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSONL; - for standard input.", show_default=False)
    ],
    namespace: NamespaceOption = "default",
    on_conflict: Annotated[
        OnConflict,
        typer.Option(help="What to do with an entry whose id holds other content."),
    ] = OnConflict.ERROR,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Do not store an equal entry under a second id.")
    ] = False,
    embed: Annotated[
        EmbedMode, typer.Option(help="Wait for the vectors, or let them come later.")
    ] = EmbedMode.SYNC,
    take_up: Annotated[
        bool, typer.Option("--continue", help="Take up where the last import of FILE stopped.")
    ] = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store the entries of a JSONL file, one a line, or of an export.

    Doing it again is safe: an entry that is there already is a duplicate and stays as it is.
    A line without an id gets one made of its number and content. At a malformed line the import
    ends; the lines before it are stored. Line fields are those of `memory-service get --json`.
    """
    world = world_of(context)
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        report = Report(namespace=namespace)
        sender = Sender(
            client=client, report=report, on_conflict=on_conflict, collapse=collapse, embed=embed
        )
        mark = _mark(world, client, file, namespace)
        start = _start(world, client, mark, namespace) if take_up else None
        with _how_far(world, report, mark, as_json=as_json):
            complete = _run(world, file, sender, mark, start, quiet=as_json)
    _print(world, report, as_json=as_json)
    if report.rejected or not complete:
        raise typer.Exit(ExitCode.REFUSED)


def _run(
    world: World,
    file: str,
    sender: Sender,
    mark: ImportMark | None,
    start: Mark | None,
    *,
    quiet: bool,
) -> bool:
    """Send everything after *start*; whether the file was as long as its manifest says."""
    with _opened(world, file) as stream:
        reader = LineReader(stream, start=start)
        total = os.fstat(stream.fileno()).st_size if mark else None
        with progress_bar(world, "importing", total=total, quiet=quiet) as advance:
            advance(reader.offset, 0)
            _send_all(reader, sender, mark, advance)
    if mark:
        mark.clear()
    if start is None and reader.manifest and reader.manifest.entries is not None:
        return _complete(world, reader.manifest.entries, sender.report.entries)
    return True


def _send_all(
    reader: LineReader, sender: Sender, mark: ImportMark | None, advance: Advance
) -> None:
    for batch in batches(reader.lines()):
        sender.send(batch)
        after = batch[-1].after
        if mark:
            mark.save(after)
        advance(after.offset, sender.report.entries)


def _opened(world: World, file: str) -> nullcontext[BinaryIO] | BinaryIO:
    if file == "-":
        return nullcontext(world.stdin)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error


def _mark(world: World, client: MemoryClient, file: str, namespace: str) -> ImportMark | None:
    """The mark of this import; none for standard input, which cannot be read again."""
    if file == "-":
        return None
    return ImportMark(
        default_state_folder(world.environ) / "imports",
        store=client.status().cluster_id,
        namespace=namespace,
        file=Path(file).absolute(),
    )


def _start(
    world: World, client: MemoryClient, mark: ImportMark | None, namespace: str
) -> Mark | None:
    """Where to take up.

    The beginning, if the file has changed before the mark or the namespace is empty by now:
    sending an entry again does no harm, leaving one out would.
    """
    if mark is None:
        raise ConfigurationError("--continue needs a file; standard input cannot be read again.")
    filled = any(one.name == namespace and one.entries for one in client.namespaces())
    start = mark.load() if filled else None
    if start is None:
        tell(world, "There is nothing to take up; starting at the first line.")
    else:
        tell(world, f"Taking up after line {start.lines:,}.")
    return start


@contextmanager
def _how_far(
    world: World, report: Report, mark: ImportMark | None, *, as_json: bool
) -> Iterator[None]:
    """Say what is stored when the import ends early, by an error or by Ctrl-C."""
    try:
        yield
    except BaseException:
        if report.lines:
            _print(world, report, as_json=as_json)
            again = " Run it again with --continue to take up there." if mark else ""
            tell(world, f"Stopped after line {report.lines:,}.{again}")
        raise


def _complete(world: World, promised: int, found: int) -> bool:
    if promised == found:
        return True
    tell(
        world,
        f"Warning: the manifest promises {counted(promised, 'entry', 'entries')}, the file holds "
        f"{found:,}. It was cut short or changed.",
    )
    return False


def _print(world: World, report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json(world, report)
        return
    found = ", ".join(f"{number:,} {status}" for status, number in report.outcomes.items())
    entries = counted(report.entries, "entry", "entries")
    say(world, f"{entries} into {report.namespace}: {found or 'nothing to do'}.")
    for one in report.rejected[:_MOST_SHOWN]:
        tell(world, f"Line {one.line:,}: {one.detail} ({one.code})")
    if len(report.rejected) > _MOST_SHOWN:
        tell(world, f"… and {len(report.rejected) - _MOST_SHOWN:,} more.")
