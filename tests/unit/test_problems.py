"""Problem details: what they promise of a second try agrees with their headers."""

from __future__ import annotations

import pytest

from memory_service.api.errors import STATUS_BY_CODE, problem, problem_response


@pytest.mark.parametrize("code", STATUS_BY_CODE)
def test_what_names_a_time_to_come_back_may_succeed_then(code: str) -> None:
    found = problem(code, "why", "request-1")

    response = problem_response(found)

    assert found.retryable or "retry-after" not in response.headers
