"""Record files across a restart: saved as they are, taken up with what was written since."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.durable import checksum_of, write_file
from memory_service.store.recordfile.files import RecordFiles
from memory_service.store.recordfile.manifest import (
    FORMAT,
    Manifest,
    VolumeSeal,
)
from memory_service.store.recordfile.places import Places
from memory_service.store.recordfile.volume import Volume, file_of, number_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG = logging.getLogger(__name__)

_PLACES = re.compile(r"\d+\.places")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A change of a store's history; `chain` is in hex."""

    cluster_id: str
    seq: int
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What a file holds from *start* on was written after the last save."""

    volume: Volume
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """Record files from an earlier run, and what is to be checked before it counts."""

    files: RecordFiles
    tails: tuple[Tail, ...]


def save(files: RecordFiles, mark: Callable[[], Mark]) -> None:
    """Make all records durable, and remove files that nothing is in any more.

    One call at a time; writes go on meanwhile.  *mark* gives the last change that was taken in,
    or was begun with.

    Raises:
        OSError: If it cannot be written; what was saved before stays.
    """
    with files.lock:
        image = files.places.image()
        volumes, retired = list(files.volumes.values()), list(files.retired)
        seals = tuple(VolumeSeal(number=v.number, size=v.size, live=v.live) for v in volumes)
        last = mark()
    if not volumes and not files.folder.exists():
        return
    for volume in volumes:
        volume.sync()
    name = f"{last.seq}.places"
    data = image.tobytes()
    write_file(files.folder / f"{name}.new", data)
    (files.folder / f"{name}.new").replace(files.folder / name)
    Manifest(
        format=FORMAT,
        cluster_id=last.cluster_id,
        watermark=last.seq,
        chain=last.chain,
        places=name,
        checksum=checksum_of(data),
        volumes=seals,
    ).write(files.folder)
    _remove_old(files, name, retired)


def _remove_old(files: RecordFiles, places: str, retired: list[Volume]) -> None:
    for file in files.folder.iterdir():
        if _PLACES.fullmatch(file.name) and file.name != places:
            file.unlink()
    for volume in retired:
        volume.remove()
    with files.lock:
        files.retired = [each for each in files.retired if each not in retired]


def take_up(folder: Path, *, volume_bytes: int, known: Callable[[Mark], bool]) -> TakenUp:
    """The record files of a folder, or none of them.

    Args:
        folder: Where they are; what cannot be used is removed.
        volume_bytes: As for `RecordFiles`.
        known: Whether a mark is in the history of the store.
    """
    try:
        return _taken_up(folder, volume_bytes, known)
    except (OSError, ValueError, TypeError) as error:
        level = logging.WARNING if folder.exists() else logging.DEBUG
        _LOG.log(level, "the records of entries are written anew: %s", error)
        _clear(folder)
        return TakenUp(files=RecordFiles(folder, volume_bytes=volume_bytes), tails=())


def _taken_up(folder: Path, volume_bytes: int, known: Callable[[Mark], bool]) -> TakenUp:
    manifest = Manifest.read(folder)
    mark = Mark(cluster_id=manifest.cluster_id, seq=manifest.watermark, chain=manifest.chain)
    if not known(mark):
        raise ValueError("they belong to another store, or to another history of this one")
    files = RecordFiles(folder, volume_bytes=volume_bytes)
    files.places = _places_of(folder, manifest)
    tails = _open_volumes(files, {seal.number: seal for seal in manifest.volumes})
    return TakenUp(files=files, tails=tails)


def _places_of(folder: Path, manifest: Manifest) -> Places:
    data = (folder / manifest.places).read_bytes()
    if checksum_of(data) != manifest.checksum:
        raise ValueError("the places are damaged")
    return Places.decoded(np.frombuffer(data, np.int64))


def _open_volumes(files: RecordFiles, seals: dict[int, VolumeSeal]) -> tuple[Tail, ...]:
    """Open every file there is; one that lost something it had goes, and its records with it."""
    tails = []
    present = {number for file in files.folder.iterdir() if (number := number_of(file))}
    for number in sorted(present | set(seals)):
        seal = seals.get(number, VolumeSeal(number=number, size=0, live=0))
        file = file_of(files.folder, number)
        size = file.stat().st_size if number in present else 0
        files.last = number
        if size < max(seal.size, 1):
            file.unlink(missing_ok=True)
            files.places.leave(number)
            continue
        files.volumes[number] = Volume(file, number=number, size=size, live=seal.live)
        if size > seal.size:
            tails.append(Tail(volume=files.volumes[number], start=seal.size))
    return tuple(tails)


def _clear(folder: Path) -> None:
    """Remove what is ours."""
    if folder.is_dir():
        for file in folder.iterdir():
            if number_of(file) or _PLACES.fullmatch(file.name):
                file.unlink()
