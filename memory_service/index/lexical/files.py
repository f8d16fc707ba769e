"""The index on disk: always whole, or not there.

A folder holds one file for each segment, and `manifest.json`, which names them with sizes and
checksums.  A new segment is written beside the others and synced, and only then a new manifest
takes the place of the old one; until that moment, and if it never comes, the folder is what it
was.  Files that no manifest names are removed.  What is open stays mapped until nobody reads it.
"""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.durable import replace_file, sync
from memory_service.errors import StorageError, StorageFullError
from memory_service.index.lexical.layout import map_segment, write_segment
from memory_service.index.lexical.manifest import Manifest, Origin, SegmentSeal
from memory_service.index.manifest import FileSeal, SnapshotUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from memory_service.index.lexical.merging import Merge
    from memory_service.index.lexical.segment import Segment

_MANIFEST = "manifest.json"
_SEGMENT = re.compile(r"postings\.(\d+)")


class Files:
    """The segments of one folder; for one thread at a time.

    Args:
        folder: Where they are; made with the first of them.
        origin: Whose postings they are.
        chain_at: The chain at a change, in hex; empty where there is no such change.
    """

    def __init__(self, folder: Path, *, origin: Origin, chain_at: Callable[[int], str]) -> None:
        """Begin without a file; what the folder holds goes with the first that is written."""
        self.segments: tuple[Segment, ...] = ()
        self.watermark = 0
        self._folder = folder
        self._origin = origin
        self._chain_at = chain_at
        self._seals: dict[str, SegmentSeal] = {}

    def take_up(self, *, newest: int) -> None:
        """Map what the folder holds; *newest* is the last change of the store.

        Raises:
            SnapshotUnusableError: If it is missing, damaged, foreign or newer than the store.
        """
        try:
            manifest = Manifest.decoded((self._folder / _MANIFEST).read_bytes())
            self._check(manifest, newest)
            self.segments = tuple(
                map_segment(self._folder / seal.name, seal) for seal in manifest.segments
            )
        except FileNotFoundError as error:
            name = Path(error.filename).name
            raise SnapshotUnusableError(self._folder, f"{name} is missing") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SnapshotUnusableError(self._folder, str(error)) from error
        self.watermark = manifest.watermark
        self._seals = {seal.name: seal for seal in manifest.segments}

    def _check(self, manifest: Manifest, newest: int) -> None:
        if manifest.origin.cluster_id != self._origin.cluster_id:
            raise ValueError("it belongs to another store")
        if manifest.origin != self._origin:
            raise ValueError("it was made with another analyser")
        if manifest.watermark > newest:
            raise ValueError(f"it is newer than the store: {manifest.watermark} > {newest}")
        if manifest.chain != self._chain_at(manifest.watermark):
            raise ValueError("the store has another history than it has seen")
        for seal in manifest.segments:
            if not seal.of_same_file(FileSeal.of(self._folder / seal.name)):
                raise ValueError(f"{seal.name} is damaged")

    def write(self, plan: Merge) -> Segment | None:
        """Write a merged segment beside the others and map it; `None` if nothing is in it.

        Raises:
            StorageError: If it cannot be written; nothing is left of it.
        """
        if not len(plan):
            return None
        with self._told():
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._folder / f"postings.{max(self._numbers(), default=0) + 1}"
            try:
                write_segment(file, plan)
                seal = SegmentSeal(
                    **asdict(FileSeal.of(file)),
                    keys=len(plan.keys),
                    postings=len(plan),
                    pairs=len(plan.pairs),
                    entries=len(plan.entries),
                )
                segment = map_segment(file, seal)
            except BaseException:
                file.unlink(missing_ok=True)
                raise
        self._seals[file.name] = seal
        return segment

    def publish(self, segments: Sequence[Segment], watermark: int) -> None:
        """Say that these hold every posting up to the watermark; other files go.

        Raises:
            StorageError: If it cannot be said; what was said before holds.
        """
        self._seals = {segment.file: self._seals[segment.file] for segment in segments}
        manifest = Manifest(
            origin=self._origin,
            watermark=watermark,
            chain=self._chain_at(watermark),
            segments=tuple(self._seals.values()),
        )
        with self._told():
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._folder / _MANIFEST, manifest.encoded())
            sync(self._folder.parent)
            self.watermark = watermark
            for file in self._folder.iterdir():
                if _SEGMENT.fullmatch(file.name) and file.name not in self._seals:
                    file.unlink()

    def _numbers(self) -> list[int]:
        """Of every file there, whole or not."""
        found = (_SEGMENT.fullmatch(file.name) for file in self._folder.iterdir())
        return [int(match[1]) for match in found if match]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (StorageFullError if full else StorageError)(
                f"the index snapshot in {self._folder} could not be written ({error.strerror}); "
                "make room or mend the folder's permissions; nothing is lost"
            ) from error
