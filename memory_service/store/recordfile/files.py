"""All record files of a store: reading, appending, erasing, making room."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.store.recordfile.format import OddRecordError, ordinal_at, packed, unpacked
from memory_service.store.recordfile.places import (
    NOWHERE,
    Places,
    offset_of,
    place_of,
    volume_of,
)
from memory_service.store.recordfile.volume import Volume, file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from memory_service.model.read import Ordinals
    from memory_service.store.recordfile.format import Record

_LOG = logging.getLogger(__name__)

#: So many records are moved or erased before others may write.
_SLICE = 256
#: The share of a full file that is too little to make room for.
_LITTLE = 1 / 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A record that was met in a file, and is wanted."""

    ordinal: int
    volume: Volume
    offset: int
    length: int


class RecordFiles:
    """Records by ordinal.  Reads run beside everything else and never wait.

    Attributes:
        lock: Held by whoever changes what follows.
        places: Where each record is.
        volumes: The files, by number.
        retired: Files that nothing is in any more, to be removed with the next save.
        last: The largest number a file has had.
        odd: How many records were found to be not what they should be.
        gaps: Whether records are missing that should be there.
    """

    def __init__(self, folder: Path, *, volume_bytes: int) -> None:
        """Begin empty.

        Args:
            folder: Where the files are; made with the first record.
            volume_bytes: How long a file grows before the next is begun; below 2 GiB.
        """
        self.folder = folder
        self.lock = threading.Lock()
        self.places = Places()
        self.volumes: dict[int, Volume] = {}
        self.retired: list[Volume] = []
        self.last = 0
        self.odd = 0
        self.gaps = False
        self._volume_bytes = volume_bytes
        self._active: Volume | None = None

    def read(self, ordinal: int) -> Record | None:
        """The record of an ordinal; `None` if there is none, or it is not what it should be."""
        place = self.places.get(ordinal)
        volume = self.volumes.get(volume_of(place))
        if volume is None:
            return None
        try:
            return unpacked(volume.read(offset_of(place)), ordinal)
        except (OddRecordError, OSError) as error:
            self._distrust(ordinal, place, volume, error)
            return None

    def _distrust(self, ordinal: int, place: int, volume: Volume, error: Exception) -> None:
        """Forget a place where something else stands, unless it was erased or moved just now."""
        with self.lock:
            if self.places.get(ordinal) != place:
                return
            self._lose(ordinal, volume)
        _LOG.warning("entry %d is served from the store: %s", ordinal, error)

    def _lose(self, ordinal: int, volume: Volume) -> None:
        self.places.put(ordinal, NOWHERE)
        volume.worn = True
        self.odd += 1
        self.gaps = True

    def append(self, records: Sequence[Record]) -> None:
        """Keep these, in place of what was kept under the same ordinals.

        Raises:
            OSError: If they cannot be written; what was kept before stays.
        """
        with self.lock:
            before = [(each.ordinal, self.places.get(each.ordinal)) for each in records]
            self._append([(each.ordinal, packed(each)) for each in records])
            for ordinal, place in before:
                self._blank(ordinal, place)

    def _append(self, records: Sequence[tuple[int, bytes]]) -> None:
        if not records:
            return
        volume = self._open_volume()
        offset = volume.append(b"".join(data for _, data in records))
        for ordinal, data in records:
            self.places.put(ordinal, place_of(volume.number, offset))
            offset += len(data)

    def _open_volume(self) -> Volume:
        """The file that is written to."""
        if self._active is None or self._active.size >= self._volume_bytes:
            self.folder.mkdir(parents=True, exist_ok=True)
            number = self.last + 1
            self._active = Volume(file_of(self.folder, number), number=number)
            self.volumes[number] = self._active
            self.last = number
        return self._active

    def erase(self, ordinals: Iterable[int]) -> None:
        """Write zeros over the records of these; those that have none are ignored.

        Raises:
            OSError: If one cannot be written; its file is rewritten by `make_room`.
        """
        for some in _sliced(list(ordinals)):
            with self.lock:
                for ordinal in some:
                    place = self.places.get(ordinal)
                    self.places.put(ordinal, NOWHERE)
                    self._blank(ordinal, place)

    def _blank(self, ordinal: int, place: int) -> None:
        if place != NOWHERE:
            self.volumes[volume_of(place)].erase(offset_of(place), ordinal)

    def resume(self) -> None:
        """Write on where the last file ends, if nothing was written since the start."""
        with self.lock:
            if self._active is None:
                self._active = self.volumes.get(self.last)

    def known(self) -> Ordinals:
        """The ordinals that have a record, rising."""
        with self.lock:
            return self.places.known()

    def adopt(self, found: Iterable[Met]) -> None:
        """Take up what a file was found to hold, in place of what was written before it.

        Raises:
            OSError: If what was written before cannot be erased.
        """
        with self.lock:
            for met in found:
                before, place = (
                    self.places.get(met.ordinal),
                    place_of(met.volume.number, met.offset),
                )
                self.places.put(met.ordinal, place)
                met.volume.live += met.length
                if before != place:
                    self._blank(met.ordinal, before)

    def make_room(self, dead: float) -> bool:
        """Rewrite files of which more than a share is dead; whether there were any.

        They are removed with the next save: until then the saved places lead into them.

        Raises:
            OSError: If there is no room to write; nothing is lost.
        """
        wasted = [each for each in list(self.volumes.values()) if self._is_wasted(each, dead)]
        for volume in wasted:
            self._move_out(volume)
        return bool(wasted)

    def _is_wasted(self, volume: Volume, dead: float) -> bool:
        least = max(volume.size * dead, self._volume_bytes * _LITTLE)
        return volume.worn or volume.size - volume.live > least

    def _move_out(self, volume: Volume) -> None:
        with self.lock:
            if self._active is volume:
                self._active = None
            inside = self.places.inside(volume.number).tolist()
        for some in _sliced(inside):
            with self.lock:
                self._move(volume, some)
        with self.lock:
            del self.volumes[volume.number]
            self.retired.append(volume)

    def _move(self, volume: Volume, ordinals: Sequence[int]) -> None:
        """Copy the records of these to where records are written now, as far as they are there."""
        moved = []
        for ordinal in ordinals:
            place = self.places.get(ordinal)
            if volume_of(place) == volume.number:
                data = _whole(volume, offset_of(place), ordinal)
                if data is None:
                    self._lose(ordinal, volume)
                else:
                    moved.append((ordinal, data))
        self._append(moved)


def _whole(volume: Volume, offset: int, ordinal: int) -> bytes | None:
    """The bytes of a record, if it is what it should be."""
    try:
        data = volume.read(offset)
        return data if ordinal_at(data) == ordinal else None
    except OddRecordError:
        return None


def _sliced(ordinals: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ordinals[start : start + _SLICE] for start in range(0, len(ordinals), _SLICE))
