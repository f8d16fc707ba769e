"""How far imports came, so that `--continue` takes up there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from memory_service.cli.import_lines import Mark, begins_with


class ImportMark:
    """The mark of one file's import into one namespace of one store.

    Args:
        folder: Where marks are kept.
        store: The store's cluster id; another store has other marks.
        namespace: Where the entries go.
        file: The absolute path of the file.
    """

    def __init__(self, folder: Path, *, store: str, namespace: str, file: Path) -> None:
        name = hashlib.sha256("\0".join([store, namespace, str(file)]).encode()).hexdigest()
        self._path = folder / f"{name[:32]}.json"
        self._file = file

    def load(self) -> Mark | None:
        """The last mark, if the file still begins with what was imported; else nothing."""
        try:
            mark = Mark(**json.loads(self._path.read_text(encoding="utf-8")))
            with self._file.open("rb") as stream:
                return mark if begins_with(stream, mark) else None
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def save(self, mark: Mark) -> None:
        """Keep *mark*; everything before it is stored."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(mark)), encoding="utf-8")
        fresh.replace(self._path)

    def clear(self) -> None:
        """Forget the mark."""
        self._path.unlink(missing_ok=True)
