"""What a setting may be: each kind reads a value from TOML, text or a flag, or refuses it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from memory_service.failpoints import armed

_WORDS_FOR = {True: ("true", "yes", "on", "1"), False: ("false", "no", "off", "0")}
_SIZE = re.compile(r"[1-9][0-9]*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


class Kind(Protocol):
    """What a setting may be."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person: `a whole number from 0 to 65535`."""
        ...

    def read(self, value: object, home: Path) -> object:
        """Give the setting's value.

        Text is read as its author means it, so that an environment variable and a file say the
        same.  A leading `~` stands for *home*.

        Raises:
            ValueError: If *value* is not allowed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A finite number within limits, both included."""

    low: float
    high: float
    whole: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        name = "a whole number" if self.whole else "a number"
        return f"{name} from {self.low:g} to {self.high:.15g}"

    def read(self, value: object, home: Path) -> float:  # noqa: ARG002 (a number has no home)
        """Give the number; a truth value is not one."""
        readable = int | str if self.whole else int | float | str
        if isinstance(value, readable) and not isinstance(value, bool):
            number = int(value) if self.whole else float(value)
            if self.low <= number <= self.high:
                return number
        raise ValueError(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """True or false."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return "true or false"

    def read(self, value: object, home: Path) -> bool:  # noqa: ARG002
        """Give the truth value."""
        if isinstance(value, bool):
            return value
        for meaning, words in _WORDS_FOR.items():
            if isinstance(value, str) and value.strip().lower() in words:
                return meaning
        raise ValueError(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few words, in any case."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return ", ".join(self.words[:-1]) + f" or {self.words[-1]}"

    def read(self, value: object, home: Path) -> str:  # noqa: ARG002
        """Give the word in lower case."""
        if isinstance(value, str) and value.strip().lower() in self.words:
            return value.strip().lower()
        raise ValueError(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """An amount of memory or disk."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return "a size such as 512MB or 2GB"

    def read(self, value: object, home: Path) -> str:  # noqa: ARG002
        """Give the size without spaces."""
        text = "".join(value.split()) if isinstance(value, str) else ""
        if not _SIZE.fullmatch(text):
            raise ValueError(value)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name without spaces, such as a host."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return "a name or an address, without spaces"

    def read(self, value: object, home: Path) -> str:  # noqa: ARG002
        """Give the name."""
        if not isinstance(value, str) or not value.strip() or len(value.split()) > 1:
            raise ValueError(value)
        return value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failpoints:
    """Where a test lets the process end or fail."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return "`PLACE:crash` or `PLACE:error`, with `:N` from the N-th time on"

    def read(self, value: object, home: Path) -> str:  # noqa: ARG002
        """Give it as it stands."""
        if not isinstance(value, str) or not value.strip():
            raise ValueError(value)
        armed(value.strip())
        return value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that does not depend on where a command is run; it need not exist."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return "an absolute path, or one that starts with ~/"

    def read(self, value: object, home: Path) -> Path:
        """Give the path, absolute and without `..`."""
        if not isinstance(value, str | Path) or "\0" in str(value):
            raise ValueError(value)
        path = _from_home(Path(value), home)
        if not path.is_absolute() or ".." in path.parts:
            raise ValueError(value)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """Which model embeds: a name, or a folder that holds one."""

    @property
    def allowed(self) -> str:
        """What is allowed, for a person."""
        return "auto, the name of a model, or the absolute path of a model folder"

    def read(self, value: object, home: Path) -> str:
        """Give the name, or the absolute path as text."""
        text = value.strip() if isinstance(value, str) else ""
        if text.startswith(("~/", "/")):
            return str(Folder().read(text, home))
        if not _MODEL.fullmatch(text):
            raise ValueError(value)
        return text


def _from_home(path: Path, home: Path) -> Path:
    """The path with a leading `~` replaced; `~other` is not known."""
    return home.joinpath(*path.parts[1:]) if path.parts[:1] == ("~",) else path
