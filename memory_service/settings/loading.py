"""Where values come from: flags before environment before file before defaults."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from memory_service.errors import ConfigurationError
from memory_service.settings.values import Setting, Settings, all_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "MEMORY_SERVICE_"
#: Variables of ours that are not settings: where the file is, and what the client reads.
_OTHER_VARIABLES = ("MEMORY_SERVICE_CONFIG", "MEMORY_SERVICE_URL", "MEMORY_SERVICE_API_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A settings file as read; without values if there is none at the default place."""

    path: Path
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings that hold, where each came from, and what was not understood.

    `sources` has every key: `default`, `file PATH`, `environment VARIABLE` or `flag --NAME`.
    """

    settings: Settings
    sources: Mapping[str, str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A value somebody gave, and where."""

    value: object
    source: str


def home_of(environ: Mapping[str, str]) -> Path:
    """The user's home."""
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def default_data_folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_DATA_HOME/memory-service`, by default `~/.local/share/memory-service`."""
    return _xdg(environ, "XDG_DATA_HOME", ".local/share") / "memory-service"


def default_settings_path(environ: Mapping[str, str]) -> Path:
    """`$XDG_CONFIG_HOME/memory-service/config.toml`, by default under `~/.config`."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "memory-service" / "config.toml"


def default_unit_folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_CONFIG_HOME/systemd/user`, by default under `~/.config`."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "systemd" / "user"


def default_state_folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/memory-service`, by default `~/.local/state/memory-service`."""
    return _xdg(environ, "XDG_STATE_HOME", ".local/state") / "memory-service"


def settings_path(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The file that counts: *named*, else `MEMORY_SERVICE_CONFIG`, else the default place.

    Raises:
        ConfigurationError: If the variable holds a relative path.
    """
    if named is not None:
        return named.absolute()
    given = environ.get("MEMORY_SERVICE_CONFIG")
    if not given:
        return default_settings_path(environ)
    path = Path(given.replace("~", str(home_of(environ)), 1) if given.startswith("~/") else given)
    if not path.is_absolute():
        raise ConfigurationError(
            f"MEMORY_SERVICE_CONFIG is {given}; give an absolute path, so that it means the same "
            "in every folder."
        )
    return path


def read_settings_file(named: Path | None, environ: Mapping[str, str]) -> SettingsFile:
    """Read the settings file; a missing one is empty, unless somebody named it.

    Raises:
        ConfigurationError: If a named file is missing, or a file cannot be read or is not TOML.
    """
    path = settings_path(named, environ)
    try:
        return SettingsFile(path=path, values=tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        if named is None and not environ.get("MEMORY_SERVICE_CONFIG"):
            return SettingsFile(path=path, values={})
        raise ConfigurationError(f"There is no settings file {path}.") from error
    except OSError as error:
        raise ConfigurationError(
            f"The settings file {path} cannot be read: {error.strerror}."
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"The settings file {path} is not TOML: {error}.") from error


def load_settings(
    *, flags: Mapping[str, object], environ: Mapping[str, str], file: SettingsFile | None = None
) -> LoadedSettings:
    """Decide every setting; depends on nothing but the arguments.

    Args:
        flags: Key to value; `None` means not given.
        environ: The environment; an empty variable counts as not given.
        file: The settings file, if there is one.

    Raises:
        ConfigurationError: If a value is not allowed; the message names key, source and range.
    """
    home = home_of(environ)
    values: dict[str, object] = {"data_folder": default_data_folder(environ)}
    sources = {setting.key: "default" for setting in all_settings()}
    for setting in all_settings():
        given = _first_given(setting, flags, environ, file)
        if given is not None:
            values[setting.key] = setting.read(given.value, source=given.source, home=home)
            sources[setting.key] = given.source
    return LoadedSettings(
        settings=Settings(**values),  # type: ignore[arg-type]  # each value was read by its kind
        sources=sources,
        warnings=(*_unknown_in_file(file), *_unknown_variables(environ)),
    )


def _first_given(
    setting: Setting,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    file: SettingsFile | None,
) -> _Given | None:
    """The value of highest precedence, if anybody gave one."""
    if flags.get(setting.key) is not None:
        return _Given(value=flags[setting.key], source=f"flag {setting.flag}")
    if environ.get(setting.variable):
        return _Given(value=environ[setting.variable], source=f"environment {setting.variable}")
    if file is not None and setting.key in file.values:
        return _Given(value=file.values[setting.key], source=f"file {file.path}")
    return None


def _unknown_in_file(file: SettingsFile | None) -> list[str]:
    if file is None:
        return []
    known = [setting.key for setting in all_settings()]
    return [
        f"{key} (file {file.path}) is not a setting and is ignored.{_nearest(key, known)}"
        for key in file.values
        if key not in known
    ]


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    known = [*(setting.variable for setting in all_settings()), *_OTHER_VARIABLES]
    return [
        f"{name} (environment) is not a setting and is ignored.{_nearest(name, known)}"
        for name in sorted(environ)
        if name.startswith(_PREFIX) and name not in known
    ]


def _nearest(name: str, known: list[str]) -> str:
    """The end of a warning: which name may have been meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    """An XDG base folder; a relative value is ignored, as the specification asks."""
    path = Path(environ.get(variable, ""))
    return path if path.is_absolute() else home_of(environ) / fallback
