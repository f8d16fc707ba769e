"""The indexes of a store on disk: always whole, or not there.

A folder holds `manifest.json`, which names all that belongs to it with sizes and checksums:

    vectors.N             the vector file; written on, each row checked before it is used
    sums.G, table.G       its checksums by row, and which rows belong to what
    sealed.NUMBER.G.*     an index over codes for each large namespace, and its places

A save writes the files of the next generation beside the last, syncs them, and only then
replaces the manifest; until that moment, and if it never comes, the folder is the snapshot
before.  Nothing reaches FAISS before its bytes have been checked: its reader may abort the
process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memory_service.durable import replace_file, saving, sync
from memory_service.index.manifest import (
    FORMAT,
    FileSeal,
    Manifest,
    SealedSeal,
    SnapshotUnusableError,
)
from memory_service.index.vectors.places import Places
from memory_service.index.vectors.sealed import Sealed
from memory_service.index.vectors.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.index.vectors.vector_file import Sums, VectorFile

_MANIFEST = "manifest.json"
_GENERATION = re.compile(r"(?:vectors|table|sums|sealed\.\d+)\.(\d+)(?:\.\w+)?")
_PLACE_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo:
    """Up to which seq the indexes have seen the changes, and of what store.

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
class Snapshot:
    """What a folder holds."""

    manifest: Manifest
    table: Table
    sums: Sums


def write(
    folder: Path,
    file: VectorFile,
    table: Table,
    sealed: tuple[SealedSeal, ...],
    info: SnapshotInfo,
) -> Manifest:
    """Replace the folder's snapshot; one call at a time.

    Raises:
        OSError: If it cannot be written; the snapshot before stays.
    """
    generation = next_generation(folder)
    sums = file.sums.astype("<u8")
    file.sync()
    manifest = Manifest(
        format=FORMAT,
        generation=generation,
        watermark=info.watermark,
        chain=info.chain,
        fingerprint=info.fingerprint,
        cluster_id=info.cluster_id,
        dimensions=file.dimensions,
        rows=file.count,
        places=len(table),
        vectors=file.path.name,
        table=_sealed_file(folder / f"table.{generation}", table.write),
        sums=_sealed_file(folder / f"sums.{generation}", sums.tofile),
        sealed=sealed,
    )
    replace_file(folder / _MANIFEST, manifest.encoded())
    sync(folder.parent)
    for stale in (*folder.glob("table.*"), *folder.glob("sums.*")):
        if stale.name not in manifest.names():
            stale.unlink()
    return manifest


def _sealed_file(file: Path, save: Callable[[Path], None]) -> FileSeal:
    """Write a file; where that fails, what came of it takes no room."""
    try:
        save(file)
        sync(file)
        return FileSeal.of(file)
    except OSError:
        file.unlink(missing_ok=True)
        raise


def write_sealed(folder: Path, number: int, sealed: Sealed) -> SealedSeal:
    """Write the sealed part of a namespace; the next `write` may name it.

    Raises:
        StorageError: If it cannot be written.
    """
    places = sealed.places
    columns = np.stack([places.ordinals, places.parts.astype(np.int64), places.rows]).astype("<i8")
    with saving(folder):
        stem = folder / f"sealed.{number}.{next_generation(folder)}"
        return SealedSeal(
            number=number,
            count=len(places),
            trained=sealed.trained,
            index=_sealed_file(stem.with_name(f"{stem.name}.index"), sealed.write),
            places=_sealed_file(stem.with_name(f"{stem.name}.places"), columns.tofile),
        )


def read(folder: Path, expect: SnapshotExpectation) -> Snapshot:
    """Read the folder's snapshot, but for the vectors and what is sealed.

    Raises:
        SnapshotUnusableError: If it is missing, damaged, foreign or newer than the store.
    """
    try:
        manifest = Manifest.decoded((folder / _MANIFEST).read_bytes())
        _check_belongs(manifest, expect)
        table = Table.read(manifest.table.check(folder), manifest.places)
        sums = np.fromfile(manifest.sums.check(folder), "<u8")
    except FileNotFoundError as error:
        raise SnapshotUnusableError(folder, f"{Path(error.filename).name} is missing") from error
    except (OSError, ValueError) as error:
        raise SnapshotUnusableError(folder, str(error)) from error
    return Snapshot(manifest=manifest, table=table, sums=sums)


def read_sealed(folder: Path, seal: SealedSeal) -> Sealed:
    """Read what `write_sealed` wrote; its places stay on the disk, mapped.

    Raises:
        SnapshotUnusableError: If it is missing or damaged.
    """
    try:
        mapped = np.asarray(np.memmap(seal.places.check(folder), "<i8", "r"))
        ordinals, parts, rows = mapped.reshape(_PLACE_COLUMNS, seal.count)
        places = Places.of_columns(ordinals, parts.astype(np.int32), rows)
        return Sealed.read(seal.index.check(folder), places=places, trained=seal.trained)
    except FileNotFoundError as error:
        raise SnapshotUnusableError(folder, f"{Path(error.filename).name} is missing") from error
    except (OSError, ValueError) as error:
        raise SnapshotUnusableError(folder, str(error)) from error


def next_generation(folder: Path) -> int:
    """A number that no file in the folder has, whole or not."""
    found = (_GENERATION.fullmatch(file.name) for file in folder.iterdir())
    return max((int(match[1]) for match in found if match), default=0) + 1


def remove_others(folder: Path, kept: set[str]) -> None:
    """Remove what an interrupted save may have left: every file but these and the manifest."""
    for file in folder.iterdir():
        if file.name not in kept | {_MANIFEST}:
            file.unlink()


def _check_belongs(manifest: Manifest, expect: SnapshotExpectation) -> None:
    if manifest.cluster_id != expect.cluster_id:
        raise ValueError("it belongs to another store")
    if manifest.fingerprint != expect.fingerprint:
        raise ValueError("it was made with another embedder or analyser")
    if manifest.dimensions != expect.dimensions:
        raise ValueError(f"its vectors have {manifest.dimensions} dimensions")
    if manifest.watermark > expect.newest:
        raise ValueError(f"it is newer than the store: {manifest.watermark} > {expect.newest}")
