"""A machine without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.hub import FakeHub
from tests.support.model_world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Nothing is there, and the hub is silent."""
    return World(folder=tmp_path, hub=FakeHub(reason="the hub did not answer"))
