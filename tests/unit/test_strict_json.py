"""Strict JSON agrees with the standard parser on what both take, and takes nothing more."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.api.strict_json import NotJsonError, parse
from memory_service.errors import InvalidInputError

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_a_value_comes_back_as_it_was_written(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_the_standard_parser_does_or_refused(content: bytes) -> None:
    try:
        value = parse(content)
    except (NotJsonError, InvalidInputError):
        return

    assert value == json.loads(content)


@pytest.mark.parametrize("depth", [64, 65])
def test_nesting_ends_at_64(depth: int) -> None:
    content = b"[" * depth + b"]" * depth

    if depth <= 64:
        parse(content)
    else:
        with pytest.raises(InvalidInputError):
            parse(content)
