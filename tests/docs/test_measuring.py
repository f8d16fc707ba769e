"""`docs/cli.md`: the example of `eval` runs, and ranks as the page says."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from tests.support.clock import ManualClock
from tests.support.command_line import CommandLine
from tests.support.daemon_app import a_service, an_engine, serving
from tests.support.daemon_process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
_SECTION = _PAGE.partition("## Measuring recall\n")[2].partition("\n## ")[0]


def _block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", _SECTION, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def _ranking(printed: str) -> list[str]:
    """The lines of the first table: the one that no model changes here."""
    table = printed.partition("Ranking without")[2].partition("\n\n")[0]
    return [line.rstrip() for line in table.splitlines()]


def test_the_example_of_eval_runs_and_ranks_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gold.jsonl").write_text(_block("json"), encoding="utf-8")
    shown = re.findall(r"^```\n(.*?)^```$", _SECTION, re.DOTALL | re.MULTILINE)[-1]
    engine = an_engine(ManualClock())

    with serving(a_service(engine)) as app:
        cli = CommandLine(environ={"HOME": str(tmp_path)}, app=app)
        ended = [cli(*shlex.split(line)[1:], width=80) for line in _block("sh").splitlines()]
    engine.close()

    assert [(one.code, one.err) for one in ended] == [(0, "")] * len(ended)
    measured, compared = (one.out for one in ended if "Ranking" in one.out)
    assert _ranking(measured) == _ranking(shown) != []
    assert "Less the baseline, over 3 questions" in compared
