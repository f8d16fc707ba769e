"""Laws of the commands that work while the daemon is stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from memory_service.cli.connecting import connector
from memory_service.cli.runner import Finished
from memory_service.cli.unit import unit_text
from memory_service.cli.world import Address
from memory_service.data_folder import FolderLock
from memory_service.errors import ConfigurationError
from memory_service.settings import all_settings
from tests.support.command_line import CommandLine, FakeRunner


def config_of(cli: CommandLine) -> dict[str, dict[str, object]]:
    shown: dict[str, dict[str, object]] = json.loads(cli("config", "--json").out)
    return shown


def test_config_shows_every_setting_and_where_it_came_from(
    offline: CommandLine, tmp_path: Path
) -> None:
    offline("config", "set", "port", "2000")
    offline.environ = {**offline.environ, "MEMORY_SERVICE_LANGUAGE": "german"}

    shown, printed = config_of(offline), offline("config").out

    path = tmp_path / ".config/memory-service/config.toml"
    assert list(shown) == [setting.key for setting in all_settings()]
    assert shown["port"] == {"value": 2000, "source": f"file {path}"}
    assert shown["language"]["source"] == "environment MEMORY_SERVICE_LANGUAGE"
    assert shown["model"]["source"] == "default"
    for key in shown:
        assert key in printed
    assert str(path) in printed


def test_an_unknown_setting_is_a_warning_and_the_command_goes_on(offline: CommandLine) -> None:
    offline.environ = {**offline.environ, "MEMORY_SERVICE_PROT": "1"}

    ended = offline("config", "validate")

    assert ended.code == 0
    assert "Did you mean MEMORY_SERVICE_PORT?" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["config", "set", "port", "many"],
        ["config", "set", "prot", "1"],
        ["config", "--config", "/nowhere/config.toml"],
        ["serve", "--port", "70000"],
        ["serve", "--data-folder", "relative"],
        ["serve", "--model", "two words"],
        ["model", "use", "nonsense"],
        ["model", "pull", "nonsense"],
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    offline: CommandLine, arguments: list[str]
) -> None:
    ended = offline(*arguments)

    assert ended.code == 2
    assert ended.err.startswith("memory-service: ")
    assert ended.err.count("\n") == 1


def test_a_chosen_model_is_written_into_the_settings_file(offline: CommandLine) -> None:
    ended = offline("model", "use", "gte-base")

    assert ended.code == 0
    assert config_of(offline)["model"]["value"] == "thenlper/gte-base"


def test_the_models_of_this_machine_are_listed_with_the_default(offline: CommandLine) -> None:
    listed = json.loads(offline("model", "list", "--json").out)
    printed = offline("model", "list", width=140).out

    assert [one["name"] for one in listed["models"] if one["default"]] == ["thenlper/gte-base"]
    for one in listed["models"]:
        assert one["name"] in printed


def test_pulling_a_model_is_refused_while_a_daemon_holds_the_folder(
    offline: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "data"

    with FolderLock.hold(folder):
        ended = offline("model", "pull", "gte-base", "--data-folder", str(folder))

    assert ended.code == 2
    assert "holds the data folder" in ended.err


def test_pulling_a_model_is_refused_where_downloads_are_forbidden(offline: CommandLine) -> None:
    offline.environ = {**offline.environ, "MEMORY_SERVICE_ALLOW_DOWNLOAD": "false"}

    ended = offline("model", "pull", "gte-base")

    assert ended.code == 2
    assert "allow_download is false" in ended.err


def test_installing_the_service_writes_a_unit_that_comes_back_after_a_fault(
    offline: CommandLine, tmp_path: Path
) -> None:
    data = str(tmp_path / "my data")

    ended = offline("service", "install", "--data-folder", data, "--now")

    unit = (tmp_path / ".config/systemd/user/memory-service.service").read_text()
    command = ["-m", "memory_service", "serve", "--data-folder", data]
    assert ended.code == 0
    assert "Restart=on-failure" in unit
    assert " ".join(f'"{word}"' for word in (sys.executable, *command)) in unit
    assert offline.runner.ran == [
        ("systemctl", "--user", "daemon-reload"),
        ("systemctl", "--user", "enable", "--now", "memory-service.service"),
    ]


def test_installing_says_which_variables_the_unit_will_not_see(offline: CommandLine) -> None:
    offline.environ = {**offline.environ, "MEMORY_SERVICE_PORT": "2000"}

    ended = offline("service", "install")

    assert "does not see MEMORY_SERVICE_PORT" in ended.err


def test_words_of_the_unit_are_quoted_as_systemd_reads_them() -> None:
    unit = unit_text(["/a b", 'c"d', "e%f", "g$h", "i\\j"])

    assert 'ExecStart="/a b" "c\\"d" "e%%f" "g$$h" "i\\\\j"\n' in unit


def test_the_service_starts_stops_and_goes(offline: CommandLine, tmp_path: Path) -> None:
    offline("service", "install")
    offline.runner.ran.clear()

    codes = [offline("service", verb).code for verb in ("start", "stop", "uninstall")]

    assert codes == [0, 0, 0]
    assert [words[2] for words in offline.runner.ran] == [
        "start",
        "stop",
        "disable",
        "daemon-reload",
    ]
    assert not (tmp_path / ".config/systemd/user/memory-service.service").exists()


def test_what_systemd_says_when_it_refuses_is_passed_on(offline: CommandLine) -> None:
    offline.runner.answers = [Finished(code=1, output="Failed to connect to bus\n")]

    ended = offline("service", "install")

    assert ended.code == 2
    assert "Failed to connect to bus" in ended.err


@pytest.mark.parametrize("verb", ["install", "start", "stop", "status", "logs", "uninstall"])
def test_without_systemd_the_error_says_what_to_do(offline: CommandLine, verb: str) -> None:
    offline.runner = FakeRunner(programs=frozenset())

    ended = offline("service", verb)

    assert ended.code == 2
    assert "There is no systemd here" in ended.err


@pytest.mark.parametrize("verb", ["start", "stop", "uninstall"])
def test_a_unit_that_is_not_installed_is_said_so(offline: CommandLine, verb: str) -> None:
    ended = offline("service", verb)

    assert ended.code == 2
    assert "service install" in ended.err


def test_the_state_of_the_service_is_its_exit_code(offline: CommandLine) -> None:
    offline("service", "install")
    offline.runner.answers = [
        Finished(code=0, output="active\n"),
        Finished(code=0, output="enabled\n"),
        Finished(code=3, output="failed\n"),
        Finished(code=0, output="enabled\n"),
    ]

    running, failed = offline("service", "status"), offline("service", "status", "--json")

    assert (running.code, failed.code) == (0, 1)
    assert running.out == "memory-service.service is active and enabled.\n"
    assert json.loads(failed.out)["active"] == "failed"


def test_logs_go_straight_to_the_terminal(offline: CommandLine) -> None:
    ended = offline("service", "logs", "--follow")

    assert ended.code == 0
    assert offline.runner.captured == [False]
    assert "--follow" in offline.runner.ran[0]


def test_the_daemon_of_the_settings_data_folder_is_found(tmp_path: Path) -> None:
    """The file that configures the daemon is enough to find it."""
    folder = tmp_path / "data"
    folder.mkdir()
    environ = {"HOME": str(tmp_path), "MEMORY_SERVICE_DATA_FOLDER": str(folder)}
    address = Address(url=None, key_file=None, namespace="ns")

    stopped = repr(connector(environ)(address))
    (folder / "daemon.json").write_text('{"url": "http://127.0.0.1:4321"}')
    running = repr(connector(environ)(address))
    named = repr(connector(environ)(Address(url="http://[::1]:9", key_file=None, namespace="ns")))

    assert "http://127.0.0.1:1933" in stopped
    assert "http://127.0.0.1:4321" in running
    assert "http://[::1]:9" in named


@pytest.mark.parametrize("url", ["ftp://host", "nonsense"])
def test_an_address_that_is_none_is_wrong_usage(url: str) -> None:
    with pytest.raises(ConfigurationError):
        connector({})(Address(url=url, key_file=None, namespace="ns"))


def test_a_key_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    for name in ("nope", "empty"):
        with pytest.raises(ConfigurationError, match="key file"):
            connector({})(Address(url="http://x", key_file=tmp_path / name, namespace="ns"))


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["recall", "x"], ["status"], ["config"]])
def test_light_commands_load_none_of_the_heavy_libraries(
    arguments: list[str], tmp_path: Path
) -> None:
    heavy = ("torch", "duckdb", "faiss", "fastapi", "numpy", "sentence_transformers", "uvicorn")
    program = (
        "import sys; from memory_service.cli.main import main; main(sys.argv[1:]);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
    )

    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.process
def test_where_only_the_client_is_installed_the_command_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['typer'] = None;"
        "from memory_service.__main__ import main; sys.exit(main())"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )

    assert ended.returncode == 2
    assert "pip install 'memory-service[server]'" in ended.stderr
    assert "Traceback" not in ended.stderr
