"""Laws of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from memory_service.errors import ConfigurationError
from memory_service.settings import (
    Settings,
    SettingsFile,
    all_settings,
    load_settings,
    read_settings_file,
    write_setting,
)
from memory_service.settings.values import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = Path("/home/ann")
ENVIRON = {"HOME": str(HOME)}


def a_file(**values: object) -> SettingsFile:
    return SettingsFile(path=Path("/etc/config.toml"), values=values)


ports = st.none() | st.integers(0, 65535)


@given(flag=ports, variable=ports, in_file=ports)
def test_flags_go_before_environment_before_file_before_default(
    flag: int | None, variable: int | None, in_file: int | None
) -> None:
    environ = ENVIRON | ({} if variable is None else {"MEMORY_SERVICE_PORT": str(variable)})
    file = a_file() if in_file is None else a_file(port=in_file)

    loaded = load_settings(flags={"port": flag}, environ=environ, file=file)

    given = [
        (flag, "flag --port"),
        (variable, "environment MEMORY_SERVICE_PORT"),
        (in_file, "file /etc/config.toml"),
        (1933, "default"),
    ]
    expected = next((value, source) for value, source in given if value is not None)
    assert (loaded.settings.port, loaded.sources["port"]) == expected


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.key)
def test_every_default_may_also_be_written_out(setting: object) -> None:
    """What `config` prints can be put into the environment and means the same."""
    defaults = load_settings(flags={}, environ=ENVIRON).settings
    environ = ENVIRON | {
        one.variable: str(getattr(defaults, one.key))
        for one in all_settings()
        if one is setting and getattr(defaults, one.key) is not None
    }

    assert load_settings(flags={}, environ=environ).settings == defaults


def test_the_working_directory_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_settings(flags={}, environ=ENVIRON)
    monkeypatch.chdir(tmp_path)

    after = load_settings(flags={}, environ=ENVIRON)

    assert after == before
    assert after.settings.data_folder == HOME / ".local/share/memory-service"


@pytest.mark.parametrize("path", ["data", "./data", "../data", "/srv/../data", "~bob/data", ""])
@pytest.mark.parametrize("key", ["data_folder", "models_folder"])
def test_a_path_that_depends_on_where_one_stands_is_refused(key: str, path: str) -> None:
    with pytest.raises(ConfigurationError, match="an absolute path"):
        load_settings(flags={}, environ=ENVIRON, file=a_file(**{key: path}))


def test_a_tilde_is_the_home_of_the_environment() -> None:
    loaded = load_settings(flags={}, environ=ENVIRON, file=a_file(data_folder="~/x", model="~/m"))

    assert loaded.settings.data_folder == HOME / "x"
    assert loaded.settings.model == "/home/ann/m"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_DATA_HOME": "/data"}, "/data/memory-service"),
        ({"XDG_DATA_HOME": "data"}, "/home/ann/.local/share/memory-service"),
        ({"XDG_DATA_HOME": ""}, "/home/ann/.local/share/memory-service"),
    ],
)
def test_the_data_folder_follows_xdg(environ: Mapping[str, str], expected: str) -> None:
    """A relative base folder is ignored, as the XDG specification asks."""
    loaded = load_settings(flags={}, environ={**ENVIRON, **environ})

    assert str(loaded.settings.data_folder) == expected


def test_an_unknown_key_is_a_warning_with_the_nearest_name() -> None:
    environ = ENVIRON | {"MEMORY_SERVICE_DATA_FODLER": "/x", "MEMORY_SERVICE_URL": "http://x"}

    loaded = load_settings(flags={}, environ=environ, file=a_file(prot=1, zebra=2))

    assert loaded.warnings == (
        "prot (file /etc/config.toml) is not a setting and is ignored. Did you mean port?",
        "zebra (file /etc/config.toml) is not a setting and is ignored.",
        "MEMORY_SERVICE_DATA_FODLER (environment) is not a setting and is ignored."
        " Did you mean MEMORY_SERVICE_DATA_FOLDER?",
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", 65536), ("port", -1), ("port", 1.5), ("port", True), ("port", "http"),
        ("bm25_b", 1.1), ("bm25_k1", float("nan")), ("bm25_k1", float("inf")),
        ("allow_download", "perhaps"), ("allow_download", 1), ("log_level", "loud"),
        ("language", "klingon"), ("duckdb_memory_limit", "0GB"), ("duckdb_memory_limit", "lots"),
        ("model", "../model"), ("model", "two words"), ("host", ""), ("host", ["a"]),
        ("data_folder", "/a\0b"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_key_source_and_range(key: str, value: object) -> None:
    setting = next(one for one in all_settings() if one.key == key)

    with pytest.raises(ConfigurationError) as refused:
        load_settings(flags={}, environ=ENVIRON, file=a_file(**{key: value}))

    assert refused.value.detail.startswith(f"{key} is ")
    assert "(file /etc/config.toml)" in refused.value.detail
    assert setting.kind.allowed in refused.value.detail


def test_settings_made_in_code_are_checked_as_well() -> None:
    with pytest.raises(ConfigurationError, match=r"port is 70000 \(given in code\)"):
        Settings(data_folder=Path("/data"), port=70000)
    with pytest.raises(ConfigurationError, match="data_folder is ~/data"):
        Settings(data_folder=Path("~/data"))


def test_the_languages_are_those_of_the_stemmer() -> None:
    """`porter` and the like are older algorithms, not languages."""
    assert set(LANGUAGES) == {name for name in Stemmer.algorithms() if "porter" not in name}


def test_a_missing_file_is_empty_unless_somebody_named_it(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}

    assert read_settings_file(None, environ).values == {}
    with pytest.raises(ConfigurationError, match="There is no settings file"):
        read_settings_file(tmp_path / "mine.toml", environ)
    with pytest.raises(ConfigurationError, match="There is no settings file"):
        read_settings_file(None, {"MEMORY_SERVICE_CONFIG": str(tmp_path / "mine.toml")})


@pytest.mark.parametrize("content", [b"port = ", b"port = 1\nport = 2\n", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"config\.toml is not TOML"):
        read_settings_file(path, {})


def test_setting_one_key_leaves_the_rest_of_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('# mine\nport = 1 # why\nmodel = "auto"\n[other]\nmodel = "x"\n')

    write_setting(path, "model", "thenlper/gte-base", home=HOME)
    write_setting(path, "language", "german", home=HOME)

    assert path.read_text() == (
        '# mine\nport = 1 # why\nmodel = "thenlper/gte-base"\nlanguage = "german"\n'
        '[other]\nmodel = "x"\n'
    )


def test_a_folder_of_any_script_is_written_as_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"

    write_setting(path, "models_folder", "/data/Jörg 模型 😀", home=HOME)

    assert path.read_text(encoding="utf-8") == 'models_folder = "/data/Jörg 模型 😀"\n'


def test_a_file_that_cannot_be_changed_safely_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('note = """\nmodel = 1\n"""\n')

    with pytest.raises(ConfigurationError, match="set model in it by hand"):
        write_setting(path, "model", "auto", home=HOME)

    assert path.read_text() == 'note = """\nmodel = 1\n"""\n'


def test_a_key_or_value_that_is_not_allowed_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"

    with pytest.raises(ConfigurationError, match="prot is not a setting"):
        write_setting(path, "prot", "1", home=HOME)
    with pytest.raises(ConfigurationError, match="allowed is a whole number"):
        write_setting(path, "port", "many", home=HOME)

    assert not path.exists()
