"""Bringing a model here, and listing what is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memory_service.embedding.catalogue import DEFAULT, OFFLINE
from memory_service.embedding.listing import list_models
from memory_service.embedding.places import models_folders
from memory_service.embedding.pulling import pull_model
from memory_service.embedding.search import ModelSource
from memory_service.errors import ModelNotFoundError, ModelRefusedError
from tests.support.hub import FakeHub
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from pathlib import Path


def test_a_model_is_pulled_into_a_folder_of_its_own(tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []

    path = pull_model(
        "gte-base",
        tmp_path / "models",
        hub=FakeHub(),
        progress=lambda done, total: reported.append((done, total)),
    )

    assert path == tmp_path / "models" / DEFAULT.folder_name
    assert [one.name for one in path.parent.iterdir()] == [DEFAULT.folder_name]
    assert reported == [(7, 10)]


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    hub = FakeHub()

    first, second = (pull_model("gte-base", tmp_path, hub=hub) for _ in range(2))

    assert first == second
    assert hub.asked == [f"fetch {DEFAULT.name}"]


def test_a_model_with_the_wrong_hash_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ModelRefusedError, match=OFFLINE.sha256):
        pull_model(OFFLINE.name, tmp_path, hub=FakeHub(weights=b"something else"))

    assert list(tmp_path.iterdir()) == []


def test_a_pull_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="the line was cut"):
        pull_model("gte-base", tmp_path, hub=FakeHub(broken=True))

    assert list(tmp_path.iterdir()) == []


def test_a_name_that_nobody_knows_cannot_be_pulled(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=DEFAULT.name):
        pull_model("nobody/knows", tmp_path / "models", hub=FakeHub())

    assert not (tmp_path / "models").exists()


def test_models_are_listed_in_the_order_of_looking_then_those_not_here(tmp_path: Path) -> None:
    write_model_files(tmp_path / "acme--tiny", weights=b"")
    write_model_files(tmp_path / "gte-base", weights=b"")
    (tmp_path / ".partial-x").mkdir()
    (tmp_path / ".partial-x" / "config.json").touch()
    extra = tmp_path / "extra"

    listed = list_models((tmp_path,), hub=FakeHub(), extra=lambda: extra)
    nothing = list_models((tmp_path / "none",), hub=FakeHub(), extra=lambda: None)

    assert [(one.name, one.source, one.path) for one in listed] == [
        (DEFAULT.name, ModelSource.MODELS_FOLDER, tmp_path / "gte-base"),
        ("acme/tiny", ModelSource.MODELS_FOLDER, tmp_path / "acme--tiny"),
        (OFFLINE.name, ModelSource.OFFLINE_EXTRA, extra),
    ]
    assert [one.default for one in listed] == [True, False, False]
    assert [(one.name, one.path) for one in nothing] == [
        (DEFAULT.name, None),
        (OFFLINE.name, None),
    ]


def test_a_source_checkout_has_a_models_folder_beside_the_data_folders(tmp_path: Path) -> None:
    folders = models_folders(tmp_path)

    assert folders[0] == tmp_path / "models"
    assert [folder.parent.joinpath("pyproject.toml").is_file() for folder in folders[1:]] == [True]
