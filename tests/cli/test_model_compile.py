"""Compiling a model ahead of the daemon's first start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.compiled_models import machines_folder
from memory_service.embedding.catalogue import OFFLINE

if TYPE_CHECKING:
    from tests.support.command_line import CommandLine


@pytest.mark.model
@pytest.mark.process
def test_a_model_is_compiled_once_and_how_it_will_run_is_said(offline: CommandLine) -> None:
    folder = str(machines_folder())
    offline.environ = {**offline.environ, "MEMORY_SERVICE_COMPILED_FOLDER": folder}

    offline("model", "compile", "all-MiniLM-L6-v2")
    again = offline("model", "compile", "all-MiniLM-L6-v2", "--json")

    said = json.loads(again.out)
    assert said["name"] == OFFLINE.name
    assert said["detail"].endswith(", in int8 by ONNX Runtime")
    assert again.err == ""


def test_a_model_that_is_not_here_cannot_be_compiled(offline: CommandLine) -> None:
    ended = offline("model", "compile", "no-such-model")

    assert ended.code != 0
    assert "no model is called 'no-such-model'" in ended.err
