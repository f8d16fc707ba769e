"""An index on disk: always whole, or not there.

A folder holds the files of one generation and `manifest.json`, which names them with sizes and
checksums.  A save writes the next generation beside the last, syncs it, and only then replaces
the manifest; until that moment, and if it never comes, the folder is the snapshot before.
Nothing reaches FAISS before its bytes have been checked: its reader may abort the process.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memory_service.errors import StorageError, StorageFullError
from memory_service.index.manifest import FORMAT, FileSeal, Manifest, SnapshotUnusableError
from memory_service.index.rows import Rows
from memory_service.index.sealed import Sealed

if TYPE_CHECKING:
    import numpy.typing as npt

    from memory_service.index.state import IndexState

_MANIFEST = "manifest.json"
_GENERATION = re.compile(r"(?:sealed|growing)\.(\d+)\.\w+(?:\.\w+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo:
    """Up to which seq the index has seen the changes, and of what store.

    `chain` is that of the change at the watermark, in hex: a seq alone says nothing of a store
    that was put back to an earlier state and has gone on since.
    """

    watermark: int
    chain: str
    fingerprint: str
    cluster_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotExpectation:
    """What a snapshot must be to be taken up; `newest` is the last seq the store holds."""

    newest: int
    fingerprint: str
    cluster_id: str
    dimensions: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SnapshotContents:
    """What a snapshot held."""

    sealed: Sealed
    growing: Rows
    watermark: int
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """The files of one generation."""

    index: Path
    places: Path
    growing: Path
    growing_places: Path

    @classmethod
    def of(cls, folder: Path, generation: int) -> _Files:
        return cls(
            index=folder / f"sealed.{generation}.faiss",
            places=folder / f"sealed.{generation}.places.npy",
            growing=folder / f"growing.{generation}.vectors.npy",
            growing_places=folder / f"growing.{generation}.places.npy",
        )

    def all(self) -> tuple[Path, ...]:
        return (self.index, self.places, self.growing, self.growing_places)


def write(folder: Path, state: IndexState, info: SnapshotInfo) -> None:
    """Replace the folder's snapshot by this state; one call at a time.

    Raises:
        StorageError: If it cannot be written; the snapshot before stays.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        generation = max(_generations(folder), default=0) + 1
        manifest = _write_files(folder, generation, state, info)
        _replace_manifest(folder, manifest)
        _remove_others(folder, generation)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (StorageFullError if full else StorageError)(
            f"the index snapshot in {folder} could not be written ({error}); make room or mend "
            "the folder's permissions; the one before stays, nothing is lost"
        ) from error


def read(folder: Path, expect: SnapshotExpectation) -> SnapshotContents:
    """Read the folder's snapshot.

    Raises:
        SnapshotUnusableError: If it is missing, damaged, foreign or newer than the store.
    """
    try:
        manifest = Manifest.decoded((folder / _MANIFEST).read_bytes())
        _check_belongs(manifest, expect)
        files = _Files.of(folder, manifest.generation)
        _check_unchanged(files, manifest)
        return _read_files(files, manifest)
    except FileNotFoundError as error:
        raise SnapshotUnusableError(folder, f"{Path(error.filename).name} is missing") from error
    except (OSError, ValueError) as error:
        raise SnapshotUnusableError(folder, str(error)) from error


def _write_files(folder: Path, generation: int, state: IndexState, info: SnapshotInfo) -> Manifest:
    sealed, growing = _without_the_dead(state)
    files = _Files.of(folder, generation)
    sealed.write(files.index)
    np.save(files.places, _places(sealed.rows))
    np.save(files.growing, growing.vectors)
    np.save(files.growing_places, _places(growing))
    for file in files.all():
        _sync(file)
    return Manifest(
        format=FORMAT,
        generation=generation,
        watermark=info.watermark,
        chain=info.chain,
        fingerprint=info.fingerprint,
        cluster_id=info.cluster_id,
        dimensions=sealed.rows.vectors.shape[1],
        entries=state.alive,
        vectors=len(sealed.rows) + len(growing),
        files=tuple(FileSeal.of(file) for file in files.all()),
    )


def _without_the_dead(state: IndexState) -> tuple[Sealed, Rows]:
    """The parts to write: a graph only as long as nothing in it is removed."""
    if state.sealed.exact or state.sealed.rows.holds(state.dead).any():
        rows = state.live_rows()
        return Sealed.build(rows, exact=True), Rows.empty(rows.vectors.shape[1])
    return state.sealed, state.live_rows(beside=state.sealed.rows)


def _places(rows: Rows) -> npt.NDArray[np.int64]:
    return np.stack([rows.ordinals, rows.parts.astype(np.int64)])


def _replace_manifest(folder: Path, manifest: Manifest) -> None:
    fresh = folder / f"{_MANIFEST}.new"
    fresh.write_bytes(manifest.encoded())
    _sync(fresh)
    fresh.replace(folder / _MANIFEST)
    _sync(folder)
    _sync(folder.parent)


def _remove_others(folder: Path, generation: int) -> None:
    kept = _Files.of(folder, generation).all()
    for file in folder.iterdir():
        if _GENERATION.fullmatch(file.name) and file not in kept:
            file.unlink()


def _generations(folder: Path) -> list[int]:
    """Of every file there, whole or not."""
    found = (_GENERATION.fullmatch(file.name) for file in folder.iterdir())
    return [int(match[1]) for match in found if match]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_belongs(manifest: Manifest, expect: SnapshotExpectation) -> None:
    if manifest.cluster_id != expect.cluster_id:
        raise ValueError("it belongs to another store")
    if manifest.fingerprint != expect.fingerprint:
        raise ValueError("it was made with another embedder or analyser")
    if manifest.dimensions != expect.dimensions:
        raise ValueError(f"its vectors have {manifest.dimensions} dimensions")
    if manifest.watermark > expect.newest:
        raise ValueError(f"it is newer than the store: {manifest.watermark} > {expect.newest}")


def _check_unchanged(files: _Files, manifest: Manifest) -> None:
    for file, seal in zip(files.all(), manifest.files, strict=True):
        if file.stat().st_size != seal.size:
            raise ValueError(f"{file.name} has {file.stat().st_size} bytes, not {seal.size}")
        if FileSeal.of(file) != seal:
            raise ValueError(f"{file.name} is damaged")


def _read_files(files: _Files, manifest: Manifest) -> SnapshotContents:
    ordinals, parts = np.load(files.places, allow_pickle=False)
    growing_ordinals, growing_parts = np.load(files.growing_places, allow_pickle=False)
    sealed = Sealed.read(files.index, ordinals=ordinals, parts=parts.astype(np.int32))
    growing = Rows(
        ordinals=growing_ordinals,
        parts=growing_parts.astype(np.int32),
        vectors=np.load(files.growing, allow_pickle=False),
    )
    return SnapshotContents(
        sealed=sealed, growing=growing, watermark=manifest.watermark, chain=manifest.chain
    )
