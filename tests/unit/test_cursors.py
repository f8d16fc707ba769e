"""Cursors open for the list and the secret they were sealed with, and for nothing else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_service.api.cursors import CursorSigner, ListKey
from memory_service.errors import InvalidCursorError

numbers = st.integers(0, 2**63 - 1)
keys = st.builds(ListKey, kind=st.text(), namespace=st.text(), order=st.text(), filter=st.text())
SIGNER = CursorSigner(b"secret")


@given(keys, numbers, numbers)
def test_a_cursor_opens_to_the_place_it_was_sealed_for(key: ListKey, a: int, b: int) -> None:
    assert SIGNER.open_pair(key, SIGNER.seal(key, [a, b])) == (a, b)


@given(keys, st.text())
def test_a_name_survives(key: ListKey, name: str) -> None:
    assert SIGNER.open_name(key, SIGNER.seal(key, [name])) == name


@given(keys, keys)
def test_a_cursor_opens_no_other_list(one: ListKey, other: ListKey) -> None:
    if one == other:
        return
    cursor = SIGNER.seal(one, [1, 2])

    with pytest.raises(InvalidCursorError):
        SIGNER.open_pair(other, cursor)


@given(st.integers(0), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    key = ListKey(kind="entries", namespace="ns")
    raw = bytearray(base64.urlsafe_b64decode(SIGNER.seal(key, [1, 2])))
    raw[place % len(raw)] ^= change

    with pytest.raises(InvalidCursorError):
        SIGNER.open_pair(key, base64.urlsafe_b64encode(raw).decode())


def test_another_secret_opens_nothing() -> None:
    key = ListKey(kind="entries", namespace="ns")

    with pytest.raises(InvalidCursorError):
        CursorSigner(b"other").open_pair(key, SIGNER.seal(key, [1, 2]))
