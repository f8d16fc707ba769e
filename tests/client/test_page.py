"""docs/client.md: its examples run, and it tells of every method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent_client import MemoryClient, RetryPolicy, errors, models
from tests.support.daemon_app import KEY

PAGE = Path(__file__, "..", "..", "..", "docs", "client.md").resolve().read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PRINTED = [
    "trip-1 Ann We moved the launch to the second of June.",
    "Bob likes tea.",
    "3 stored, 0 rejected",
    "p-3 says what ('p-1',) said\n[(-3, 'Where do we meet?'), (-1, 'Good.')]",
    "True\nTrue",
    "entry_not_found 404",
]


@pytest.mark.parametrize(("example", "printed"), [*zip(EXAMPLES, PRINTED, strict=True)])
def test_an_example_runs(
    example: str,
    printed: str,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MEMORY_SERVICE_URL", url)
    monkeypatch.setenv("MEMORY_SERVICE_API_KEY", KEY)
    with MemoryClient() as memory:
        memory.remember("first", on_conflict="keep", collapse=True)

    exec(example, {})  # noqa: S102 - our own page

    assert printed in capsys.readouterr().out


def test_every_method_is_told() -> None:
    public = {name for name in vars(MemoryClient) if not name.startswith("_")}
    assert public == set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE))


def test_every_option_is_told() -> None:
    options = set(models.RecallOptions.__annotations__)
    assert options <= set(re.findall(r"`(\w+)`", PAGE))


def test_every_error_told_is_one() -> None:
    told = set(re.findall(r"`(\w+Error)`", PAGE))
    assert told <= set(vars(errors))


def test_the_defaults_told_are_those_of_the_code() -> None:
    policy = RetryPolicy()
    assert (policy.attempts, policy.first_wait_seconds, policy.longest_wait_seconds) == (3, 0.1, 5)
    assert "up to three times, with random waits that grow from 0.1 to 5 seconds" in PAGE
