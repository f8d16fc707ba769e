"""The wire contract: what is described is what is there, and it changes only on purpose."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from memory_service import errors
from memory_service.api.errors import STATUS_BY_CODE
from tests.support.clock import ManualClock
from tests.support.daemon_app import a_service, an_engine, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = Path(__file__).parents[2] / "docs" / "http-api.md"
SURFACE = Path(__file__).with_name("surface.json")


@pytest.fixture(scope="module")
def document() -> Iterator[dict[str, Any]]:
    engine = an_engine(ManualClock())
    with serving(a_service(engine)) as client:
        yield client.get("/openapi.json").json()
    engine.close()


def surface(document: dict[str, Any]) -> dict[str, Any]:
    """Every operation with its parameters, and every body with its fields."""
    operations = {
        f"{method.upper()} {path}": sorted(one["name"] for one in operation.get("parameters", []))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    bodies = {
        name: sorted(schema["properties"])
        for name, schema in document["components"]["schemas"].items()
        if "properties" in schema
    }
    return {"operations": operations, "bodies": bodies}


def test_the_surface_is_the_one_on_record(document: dict[str, Any]) -> None:
    """After a change on purpose, write what this prints into `surface.json`."""
    found = surface(document)

    assert found == json.loads(SURFACE.read_text()), json.dumps(found, indent=1)


def test_every_operation_describes_its_problems(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation["responses"]["default"]["content"]
            assert "application/problem+json" in content


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))

    assert names <= document["components"]["schemas"].keys()


def test_routes_without_a_key_are_the_probes_alone(document: dict[str, Any]) -> None:
    open_paths = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if operation.get("security") == []
    }

    assert open_paths == {"/livez", "/readyz"}
    assert document["security"] == [{"bearer": []}, {"key": []}]


def test_every_code_stands_in_the_contract_with_its_status() -> None:
    text = CONTRACT.read_text(encoding="utf-8").partition("| Status | Codes |")[2]
    written = {
        code: row.group(1)
        for row in re.finditer(r"^\| ([\d, ]+) \| (.+) \|$", text, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", row.group(2))
    }

    assert {
        code: str(status) in written.get(code, "") for code, status in STATUS_BY_CODE.items()
    } == dict.fromkeys(STATUS_BY_CODE, True)


def test_every_error_that_can_leave_the_engine_has_a_status() -> None:
    """All but those that end the start, and two bases that are never raised themselves."""

    def kinds(base: type[errors.MemoryServiceError]) -> Iterator[type[errors.MemoryServiceError]]:
        for kind in base.__subclasses__():
            if kind.__module__ == errors.__name__ and kind is not errors.ConfigurationError:
                yield kind
                yield from kinds(kind)

    codes = {kind.code for kind in kinds(errors.MemoryServiceError)} - {"access", "not_found"}

    assert codes - STATUS_BY_CODE.keys() == set()
