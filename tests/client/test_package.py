"""What the package shows, and what importing it brings."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import agent_client
from agent_client import errors, models

SERVER = ["memory_service", "fastapi", "starlette", "pydantic", "numpy", "duckdb", "torch", "faiss"]
ALLOWED = {"httpx2", "tenacity", "agent_client"}


def test_the_exported_names_are_sorted_and_all_there() -> None:
    names = {name for name in vars(agent_client) if name[0].isupper() and not name.startswith("_")}
    assert sorted(agent_client.__all__, key=str.lower) == sorted(names, key=str.lower)


def test_every_error_is_exported() -> None:
    raised = {name for name in vars(errors) if name.endswith("Error")}
    assert raised <= set(agent_client.__all__)


def test_every_value_is_exported() -> None:
    values = {name for name in models.__all__ if isinstance(getattr(models, name), type)}
    assert values <= set(agent_client.__all__)


def test_the_package_imports_two_libraries_only() -> None:
    folder = Path(agent_client.__file__).parent
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
    imported = {name.split(".")[0] for tree in trees for name in imports_of(tree)}
    assert imported - set(sys.stdlib_module_names) == ALLOWED


def imports_of(tree: ast.AST) -> set[str]:
    plain = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return plain | {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }


def test_importing_it_brings_no_part_of_the_service() -> None:
    script = f"import agent_client, sys; print([m for m in {SERVER} if m in sys.modules])"

    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


def test_only_one_module_sends() -> None:
    folder = Path(agent_client.__file__).parent
    senders = [
        path.name
        for path in folder.rglob("*.py")
        if any(line.startswith("import httpx2") for line in path.read_text("utf-8").splitlines())
    ]
    assert senders == ["_http.py"]
