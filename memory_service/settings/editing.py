"""Changing one value in the settings file, its comments left as they are."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.errors import ConfigurationError
from memory_service.settings.values import all_settings

if TYPE_CHECKING:
    from memory_service.settings.values import Setting


def find_setting(key: str) -> Setting:
    """The setting of this key.

    Raises:
        ConfigurationError: If there is none.
    """
    for setting in all_settings():
        if setting.key == key:
            return setting
    raise ConfigurationError(
        f"{key} is not a setting; `memory-service config` lists them all.", field=key
    )


def write_setting(path: Path, key: str, value: str, *, home: Path) -> None:
    """Set one key in the file at *path*, which is made if it is missing.

    The rest of the file stays as it is.  The file is replaced as a whole or not at all.

    Raises:
        ConfigurationError: If the key or the value is not allowed, or if the file is written in
            a way that this cannot change safely.
    """
    read = find_setting(key).read(value, source="given", home=home)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = _with_line(before, key, f"{key} = {_as_toml(read)}")
    if not _differ_in_one(before, after, key, read):
        raise ConfigurationError(
            f"{path} cannot be changed safely; set {key} in it by hand.", field=key
        )
    _replace(path, after)


def _with_line(text: str, key: str, line: str) -> str:
    """The text with the key's line replaced, or with a new line before the first table."""
    present = re.compile(rf"^[ \t]*{re.escape(key)}[ \t]*=.*$", re.MULTILINE)
    if present.search(text):
        return present.sub(lambda _: line, text, count=1)
    table = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    cut = table.start() if table else len(text)
    head = text[:cut]
    return head + ("\n" if head and not head.endswith("\n") else "") + line + "\n" + text[cut:]


def _as_toml(value: object) -> str:
    """A value in TOML; JSON strings are TOML strings."""
    # Escaped, a character beyond 16 bits would be half a pair twice, which TOML does not know.
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _differ_in_one(before: str, after: str, key: str, value: object) -> bool:
    """Whether the new text says what the old one said, but for this key."""
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    wanted = str(value) if isinstance(value, Path) else value
    return new == {**old, key: wanted}


def _replace(path: Path, text: str) -> None:
    """Put the text in place of the file, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
