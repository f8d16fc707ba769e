"""README.md: its example prints what it says it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.daemon_process import ROOT, a_daemon

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.process
@pytest.mark.model
def test_the_example_prints_what_the_page_says(tmp_path: Path) -> None:
    example = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    printed = re.findall(r"It prints:\n\n```\n(.*?)```", README, re.DOTALL)[0]

    with a_daemon(tmp_path / "data", model="auto") as daemon:
        ran = subprocess.run(
            [sys.executable, "-c", example],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "MEMORY_SERVICE_DATA_FOLDER": str(daemon.folder),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    assert (ran.returncode, ran.stdout) == (0, printed), ran.stderr


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
