"""Compiling once, and what serves where that does not work."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from memory_service.embedding.artifact import GRAPH, place_of
from memory_service.embedding.compiling import ChildRun, compile_once
from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.precision import Precision
from memory_service.embedding.serving import Running, load_model
from memory_service.embedding.transformer import TransformerEmbedder
from memory_service.errors import ModelRefusedError
from tests.support.compiled import write_artifact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memory_service.embedding.compiling import Compiled, Told
    from memory_service.embedding.folder import ModelFolder

BOTH = (Precision.INT8, Precision.FP32)


@dataclass
class FakeChild:
    """Makes artifacts; the precisions in `poor` come too far from the library."""

    poor: tuple[Precision, ...] = ()
    failure: str = ""
    runs: int = 0
    told: list[str] = field(default_factory=list)

    def __call__(
        self, folder: ModelFolder, compiled: Path, precisions: Sequence[Precision], told: Told
    ) -> ChildRun:
        told("making it")
        self.runs += 1
        for precision in () if self.failure else precisions:
            poor = precision in self.poor
            place = place_of(compiled, folder, precision)
            write_artifact(place, precision, top_10=0.5 if poor else 1.0)
            if not poor:
                break
        return ChildRun(failure=self.failure)

    def compile(self, folder: ModelFolder, compiled: Path) -> Compiled:
        return compile_once(folder, compiled, BOTH, told=self.told.append, run=self)


@pytest.fixture
def folder(small_model: Path) -> ModelFolder:
    return inspect_folder(small_model)


def served(compiled: Compiled) -> str:
    assert compiled.artifact is not None
    return compiled.artifact.manifest.precision


def test_it_is_compiled_once(folder: ModelFolder, tmp_path: Path) -> None:
    child = FakeChild()

    first = child.compile(folder, tmp_path / "compiled")
    second = child.compile(folder, tmp_path / "compiled")

    assert (served(first), served(second), child.runs) == ("int8", "int8", 1)
    assert first.why_not == second.why_not == ()
    assert child.told == ["making it"]


def test_several_that_start_at_once_compile_it_once(folder: ModelFolder, tmp_path: Path) -> None:
    child = FakeChild()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: child.compile(folder, tmp_path), range(4)))

    assert [served(one) for one in found] == ["int8"] * 4
    assert child.runs == 1


def test_one_that_comes_too_far_is_followed_by_the_next_and_not_made_again(
    folder: ModelFolder, tmp_path: Path
) -> None:
    child = FakeChild(poor=(Precision.INT8,))

    found = [child.compile(folder, tmp_path) for _ in range(2)]

    assert [served(one) for one in found] == ["fp32", "fp32"]
    assert found[1].why_not == (
        "int8 came too far from the library (mean cosine 1.000, top-10 agreement 0.50)",
    )
    assert child.runs == 1


def test_none_that_comes_close_enough_gives_none(folder: ModelFolder, tmp_path: Path) -> None:
    found = FakeChild(poor=BOTH).compile(folder, tmp_path)

    assert found.artifact is None
    assert [one.split()[0] for one in found.why_not] == ["int8", "fp32"]


def test_a_damaged_one_is_made_anew_and_that_is_said(folder: ModelFolder, tmp_path: Path) -> None:
    child = FakeChild()
    child.compile(folder, tmp_path)
    place = place_of(tmp_path, folder, Precision.INT8)
    (place / GRAPH).write_bytes(b"damaged")

    found = child.compile(folder, tmp_path)

    assert (served(found), child.runs) == ("int8", 2)
    assert child.told[1:] == [f"{place} is made anew: {GRAPH} is damaged", "making it"]


def test_what_a_cut_off_compilation_left_is_removed_by_the_next(
    folder: ModelFolder, tmp_path: Path
) -> None:
    for name in (".partial-1", ".work-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / GRAPH).write_bytes(b"half")

    found = FakeChild().compile(folder, tmp_path)

    assert found.artifact is not None
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [found.artifact.path]


def test_a_failure_is_told_and_the_next_start_tries_again(
    folder: ModelFolder, tmp_path: Path
) -> None:
    child = FakeChild(failure="exit code 1")

    failed = child.compile(folder, tmp_path)
    child.failure = ""
    again = child.compile(folder, tmp_path)

    assert (failed.artifact, failed.why_not) == (None, ("compiling it failed (exit code 1)",))
    assert served(again) == "int8"


def test_without_a_place_for_it_the_library_runs(folder: ModelFolder) -> None:
    loaded = load_model(folder, name="m", revision="r", running=Running())

    assert isinstance(loaded.embedder, TransformerEmbedder)
    assert loaded.manner == "in fp32 by sentence-transformers"


def test_where_none_comes_close_enough_the_library_runs_and_that_is_said(
    folder: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    FakeChild(poor=BOTH).compile(folder, tmp_path)
    caplog.set_level(logging.WARNING)

    loaded = load_model(folder, name="m", revision="r", running=Running(compiled=tmp_path))

    assert isinstance(loaded.embedder, TransformerEmbedder)
    assert loaded.manner.startswith("in fp32 by sentence-transformers, since int8 came too far")
    assert [record.getMessage() for record in caplog.records] == [f"m runs {loaded.manner}"]


def test_a_precision_asked_for_by_name_is_taken_or_refused(
    folder: ModelFolder, tmp_path: Path
) -> None:
    FakeChild(poor=BOTH).compile(folder, tmp_path)
    running = Running(compiled=tmp_path, precision="int8")

    with pytest.raises(ModelRefusedError, match=r"int8 came too far.*set precision to auto"):
        load_model(folder, name="m", revision="r", running=running)
