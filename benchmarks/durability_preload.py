"""The faults of a disk, compiled with the system's compiler and loaded into a daemon."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_SOURCES = Path(__file__).parent / "preload"
#: Why a trial that needs one is skipped.
NO_COMPILER = "there is no C compiler here (cc)"


def compiled(name: str, folder: Path) -> Path | None:
    """The library of `preload/NAME.c`, made in *folder*; `None` where nothing can compile it.

    Raises:
        CalledProcessError: If there is a compiler and it refuses.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / f"{name}.so"
    source = _SOURCES / f"{name}.c"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    subprocess.run([*command, "-lpthread"], check=True, capture_output=True)
    return library
