"""The answer to a query.

Annotations are read at run time by `_decoding`, so every name in them is a real import.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_client._prompt import prompt_for
from agent_client.models.hits import Degradation, Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the answer ends and why; the best of the `below` left out is at `next_score`."""

    reason: str
    considered: int = 0
    below: int = 0
    next_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The answer to one query.

    `evidence` is `strong`, `weak` or `none`; with `none`, `hits` is empty (unless the best were
    asked for) and `nearest` holds the best below the cut.  `degraded` is never empty when a leg
    was missing.  `truncated`: the query was longer than the model's window.
    """

    query: str
    hits: tuple[Hit, ...]
    evidence: str
    probability: float
    cut: Cut
    model: str | None
    position: str
    nearest: tuple[Hit, ...] = ()
    calibration: str = ""
    degraded: tuple[Degradation, ...] = ()
    truncated: bool = False
    tokens: int = 0
    token_estimator: str = ""
    served_by: str = ""
    role: str = ""
    staleness_seconds: float = 0.0
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    def to_prompt(self, budget: int | None = None) -> str:
        """The hits as text for a prompt, marked as data, each with its source.

        Every line of an entry is quoted, and the whole stands between two marker lines whose
        word occurs in none of the entries, so no entry can end the block or pose as another.
        The lines of its context are marked with another sign.
        With evidence `none` it is a sentence that says so.

        Args:
            budget: The most tokens, estimated as a quarter of the UTF-8 bytes.  A hit that does
                not fit gives its matching passage; one that still does not fit is left out and
                counted.  Context comes last, as far as there is room.  Empty when not even the
                frame fits.
        """
        return prompt_for((self,), budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallBatch:
    """The answers to several queries, in their order."""

    answers: tuple[Recall, ...]

    def to_prompt(self, budget: int | None = None) -> str:
        """As `Recall.to_prompt`, over all answers; an entry that answers several stands once."""
        return prompt_for(self.answers, budget)
