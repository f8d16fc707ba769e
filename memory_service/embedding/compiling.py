"""Finds a model compiled, or has it compiled once; says what it did instead where it could not."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING

from memory_service.embedding.artifact import look, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from memory_service.embedding.artifact import Artifact
    from memory_service.embedding.folder import ModelFolder
    from memory_service.embedding.precision import Precision

    #: Called with what is being done, a few words.
    Told = Callable[[str], None]

_CHILD = "memory_service.embedding.compile_child"
#: A compilation takes half a minute for a small model and two for a large one.
_LONGEST = 900.0
_LOCK, _LOG = ".lock", "last.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The artifact that serves, if one does, and what was not good enough before it.

    `why_not` is one clause for each precision that does not serve.
    """

    artifact: Artifact | None = None
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRun:
    """How a compilation ended; `failure` is empty when it went well."""

    failure: str = ""


def run_child(
    folder: ModelFolder,
    compiled: Path,
    precisions: Sequence[Precision],
    told: Told,
    *,
    seconds: float = _LONGEST,
) -> ChildRun:
    """Compile in a process of its own, which PyTorch fills and leaves with.

    It is killed when it takes more than so many *seconds*; the model is then served as it is.
    """
    command = [sys.executable, "-P", "-m", _CHILD, str(folder.path), str(compiled), *precisions]
    # What this process imports, the child must find.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (
        (compiled / _LOG).open("wb") as log,
        subprocess.Popen(  # noqa: S603  # this program, with a checked folder's path
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as child,
    ):
        limit = Timer(seconds, child.kill)
        limit.start()
        for line in child.stdout or ():
            told(line.strip())
        limit.cancel()
    failure = f"exit code {child.returncode}; see {compiled / _LOG}" if child.returncode else ""
    return ChildRun(failure=failure)


def compile_once(
    folder: ModelFolder,
    compiled: Path,
    precisions: Sequence[Precision],
    *,
    told: Told,
    run: Callable[..., ChildRun] = run_child,
) -> Compiled:
    """The first of the precisions that comes close enough to the library, compiled.

    What is there from an earlier call is used.  What is missing, damaged or of another version
    is made, which takes half a minute and happens in one process at a time.

    Args:
        folder: The model.
        compiled: Where compiled models are kept; made if it is not there.
        precisions: Compiled precisions, first to last.
        told: Called with what is being done, while something is made.
        run: Who compiles.
    """
    found = _first(folder, compiled, precisions)
    if found is not None:
        return found
    compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(compiled):
        # Another process may have made it meanwhile.
        found = _first(folder, compiled, precisions, told=told)
        if found is not None:
            return found
        _sweep(compiled)
        failure = run(folder, compiled, precisions, told).failure
    found = _first(folder, compiled, precisions)
    if found is None:
        failure = failure or "nothing came of it"
        return Compiled(why_not=(f"compiling it failed ({failure})",))
    return found


def _sweep(compiled: Path) -> None:
    """Remove what a compilation left that was cut off."""
    for path in compiled.glob(".*/"):
        shutil.rmtree(path, ignore_errors=True)


def _first(
    folder: ModelFolder,
    compiled: Path,
    precisions: Sequence[Precision],
    *,
    told: Told = lambda _: None,
) -> Compiled | None:
    """What is there of these, as far as it decides which serves; `None` if one must be made."""
    why_not: list[str] = []
    for precision in precisions:
        place = place_of(compiled, folder, precision)
        looked = look(place)
        if looked.fault:
            told(f"{place} is made anew: {looked.fault}")
        if looked.artifact is None:
            return None
        if looked.artifact.serves:
            return Compiled(artifact=looked.artifact, why_not=tuple(why_not))
        agreement = looked.artifact.manifest.agreement
        why_not.append(
            f"{precision} came too far from the library (mean cosine "
            f"{agreement.mean_cosine:.3f}, top-10 agreement {agreement.top_10:.2f})"
        )
    return Compiled(why_not=tuple(why_not))


@contextmanager
def _alone(compiled: Path) -> Iterator[None]:
    """Wait for the kernel's lock on the folder; it goes with the process that holds it."""
    with (compiled / _LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
