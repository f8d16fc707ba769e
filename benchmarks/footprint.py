"""What a process holds in memory, and a folder on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Of `stat`, whatever the file system's own blocks are.
_BLOCK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of one process in memory now.

    Args:
        anonymous: What it has for itself, and what swapping alone could take from it.
        mapped: Pages of files, which the system may drop and read again.
    """

    anonymous: int
    mapped: int

    @property
    def resident(self) -> int:
        """Both."""
        return self.anonymous + self.mapped


def memory_of(pid: int) -> Memory:
    """The memory of a process of this user.  Linux alone."""
    return read_rollup(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))


def read_rollup(text: str) -> Memory:
    """What `/proc/PID/smaps_rollup` says."""
    fields = (line.split() for line in text.splitlines()[1:])
    sizes = {words[0].rstrip(":"): int(words[1]) * 1024 for words in fields}
    return Memory(anonymous=sizes["Anonymous"], mapped=sizes["Rss"] - sizes["Anonymous"])


def on_disk(folder: Path) -> dict[str, int]:
    """Bytes that each of the folder's own folders takes, and the files beside them as `files`."""
    sizes: dict[str, int] = {}
    for path in folder.iterdir():
        name = path.name if path.is_dir() else "files"
        sizes[name] = sizes.get(name, 0) + _taken(path)
    return dict(sorted(sizes.items()))


def _taken(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_blocks * _BLOCK for file in files if not file.is_dir())
