"""models/README.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_service.embedding.catalogue import KNOWN, KnownModel
from memory_service.embedding.hub import WANTED

README = (Path(__file__).parents[2] / "models" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_every_known_model_has_its_row(model: KnownModel) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{model.name}`"))

    for value in (model.revision, model.dimensions, model.window, model.licence):
        assert str(value) in row
    assert f"{model.megabytes} MB" in row
    assert (model.sha256 or "not pinned") in row


def test_every_file_that_is_downloaded_is_named() -> None:
    assert all(name in README for name in WANTED)


def test_the_folder_of_a_download_is_the_one_shown() -> None:
    assert f"{KNOWN[0].folder_name}/" in README
