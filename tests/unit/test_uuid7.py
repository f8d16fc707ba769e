"""Version 7 UUIDs as RFC 9562 lays them out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from memory_service.engine.uuid7 import RANDOM_BYTES, uuid7


def test_the_example_of_the_rfc_comes_out() -> None:
    """RFC 9562, appendix A.6: 0x017F22E279B0 milliseconds, rand_a 0xCC3, rand_b 0x18C4DC0C…."""
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=0x017F22E279B0)
    random = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(RANDOM_BYTES)

    assert uuid7(now, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_version_and_variant_are_set_whatever_the_random_bits() -> None:
    for random in (bytes(RANDOM_BYTES), b"\xff" * RANDOM_BYTES):
        made = uuid.UUID(uuid7(datetime(2026, 1, 1, tzinfo=UTC), random))

        assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_later_milliseconds_sort_later() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    made = [uuid7(start + timedelta(milliseconds=n), bytes(RANDOM_BYTES)) for n in range(50)]

    assert made == sorted(made)


def test_another_number_of_random_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(datetime(2026, 1, 1, tzinfo=UTC), b"short")
