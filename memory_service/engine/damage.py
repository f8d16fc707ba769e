"""What an answer says of a store that lost changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from memory_service.model.recall import Degradation, DegradedLeg

if TYPE_CHECKING:
    from memory_service.model.recall import RecallAnswer

#: Why the store cannot vouch for an answer.
DAMAGED = "damaged"


def from_damaged(answer: RecallAnswer) -> RecallAnswer:
    """*answer*, each query of which says that entries may be missing."""
    said = (Degradation(leg=DegradedLeg.STORE, reason=DAMAGED),)
    answers = tuple(replace(one, degraded=one.degraded + said) for one in answer.answers)
    return replace(answer, answers=answers, damaged=True)
