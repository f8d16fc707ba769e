"""`memory-service export`: a namespace as JSONL."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from memory_service.cli.import_lines import FORMAT, FORMAT_VERSION, WRITABLE
from memory_service.cli.options import (
    FilterOption,
    JsonOption,
    KeyFileOption,
    NamespaceOption,
    UrlOption,
)
from memory_service.cli.output import counted, parsed_filter, plain, print_json, tell
from memory_service.cli.progress import progress_bar
from memory_service.cli.world import Address, World, world_of
from memory_service.errors import ConfigurationError

if TYPE_CHECKING:
    from agent_client import MemoryClient
    from agent_client.models import Entry
    from memory_service.cli.progress import Advance

_PAGE = 200
#: Times that an import does not restore, kept for people.
_INFORMATION = ("created_at", "updated_at")


def export_entries(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Where to; - is standard output.", show_default=False),
    ] = "-",
    namespace: NamespaceOption = "default",
    filter: FilterOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    url: UrlOption = None,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a namespace as JSONL: a manifest line, then one entry a line in the order of writing.

    Vectors are not exported; an import embeds the texts again. With --json, the count is printed
    as JSON (to a FILE only: standard output holds the entries).
    """
    world = world_of(context)
    wanted = parsed_filter(filter)
    target = None if file == "-" else Path(file)
    if target and target.exists() and not force:
        raise ConfigurationError(f"{target} exists; --force replaces it.")
    with world.connect(Address(url=url, key_file=key_file, namespace=namespace)) as client:
        head = _head(world, client, namespace)
        total = sum(one.entries for one in client.namespaces() if one.name == namespace)
        with (
            _output(world, target) as stream,
            progress_bar(world, "exporting", total=total, quiet=as_json) as advance,
        ):
            stream.write(_manifest(head, None))
            entries = _write_entries(client, stream, wanted, advance)
            if target:
                stream.seek(0)
                stream.write(_manifest(head, entries))
    _report(world, namespace, target, entries, as_json=as_json)


def _head(world: World, client: MemoryClient, namespace: str) -> Mapping[str, object]:
    """What the manifest says, but for the number of entries, which is known last."""
    status = client.status()
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "namespace": namespace,
        "exported_at": world.clock().isoformat(timespec="seconds"),
        "service_version": status.version,
        "model": {"name": status.model.name, "revision": status.model.revision},
    }


def _manifest(head: Mapping[str, object], entries: int | None) -> str:
    """The first line; as long with the number of entries as without."""
    line = json.dumps({**head, "entries": entries}, ensure_ascii=False)
    room = len(json.dumps(entries))
    return line + " " * (16 - room) + "\n"


def _write_entries(
    client: MemoryClient,
    stream: TextIO,
    filter: Mapping[str, object] | None,
    advance: Advance,
) -> int:
    """Write every entry, page by page; gives their number."""
    entries, cursor = 0, None
    while True:
        page = client.list(filter=filter, cursor=cursor, limit=_PAGE)
        for entry in page.entries:
            stream.write(_line(entry))
        entries += len(page.entries)
        advance(entries, entries)
        cursor = page.next_cursor
        if cursor is None:
            return entries


def _line(entry: Entry) -> str:
    """An entry as its author could have given it; what is not set is left out."""
    names = (*WRITABLE, *_INFORMATION)
    given = {name: plain(getattr(entry, name)) for name in names}
    kept = {name: value for name, value in given.items() if value not in (None, [], {})}
    return json.dumps(kept, ensure_ascii=False) + "\n"


@contextmanager
def _output(world: World, target: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole or not at all, for its owner's eyes."""
    if target is None:
        yield world.out.file  # type: ignore[misc]  # rich types it as IO[str]
        return
    try:
        handle, name = mkstemp(dir=target.absolute().parent, prefix=f".{target.name}-")
    except OSError as error:
        detail = f"{target} cannot be written: {error.strerror}.  Choose another place."
        raise ConfigurationError(detail) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _report(
    world: World, namespace: str, target: Path | None, entries: int, *, as_json: bool
) -> None:
    if as_json and target:
        print_json(world, {"namespace": namespace, "file": target, "entries": entries})
    elif not as_json:
        number = counted(entries, "entry", "entries")
        place = target or "standard output"
        tell(world, f"{number} of {namespace} to {place}, without vectors.")
