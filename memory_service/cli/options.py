"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_ADDRESS = "The daemon"

NamespaceOption = Annotated[
    str, typer.Option("--namespace", "-n", metavar="NAME", help="The namespace.")
]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="The daemon's address [MEMORY_SERVICE_URL, or the daemon of the data folder].",
        show_default=False,
        rich_help_panel=_ADDRESS,
    ),
]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        help="The file that holds the key [MEMORY_SERVICE_API_KEY, or the data folder's].",
        show_default=False,
        rich_help_panel=_ADDRESS,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text for people.")]
FilterOption = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help="""Only entries that match, such as '{"kind": "fact"}'.""",
        show_default=False,
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="MOMENT",
        help="As it was: at a time, or at a position that an answer named.",
        show_default=False,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The settings file.", show_default=False),
]
DataFolderOption = Annotated[
    str | None,
    typer.Option(
        "--data-folder", metavar="FOLDER", help="Where everything is kept.", show_default=False
    ),
]
