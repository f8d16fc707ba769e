"""The calls that wait for the model, and which of them go into the next pass."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memory_service.errors import UnavailableError

if TYPE_CHECKING:
    from memory_service.embedding.pace import Pace
    from memory_service.protocols import Vector


@dataclass(slots=True, eq=False)
class Call:
    """One caller's new texts, no two equal, and what has become of them.

    `patient` texts can wait; the others are questions.
    """

    texts: list[str]
    patient: bool
    taken: int = 0
    vectors: dict[str, Vector] = field(default_factory=dict)
    answer: Future[dict[str, Vector]] = field(default_factory=Future)

    @property
    def rest(self) -> list[str]:
        """The texts that no pass has taken yet."""
        return self.texts[self.taken :]

    def give(self, vectors: dict[str, Vector]) -> None:
        """Hand in vectors; the last ones answer the call."""
        self.vectors |= vectors
        if len(self.vectors) == len(self.texts):
            self.answer.set_result(self.vectors)

    def fail(self, error: Exception) -> None:
        """Answer the call with a failure, which names no text."""
        failure = UnavailableError(
            f"the embedding model failed ({type(error).__name__}); retry, or see the service's log"
        )
        failure.__cause__ = error
        self.answer.set_exception(failure)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a call that goes into one pass."""

    call: Call
    texts: list[str]


class Lanes:
    """Two lanes of calls: questions, and what can wait.

    They take turns while both have something.  A pass takes what waits in its lane, oldest call
    first, as far as there is room: of questions up to *most* texts, of what can wait as much as
    the pace allows.  A call that is not done then goes behind the others of its lane.
    """

    def __init__(self, pace: Pace, *, most: int) -> None:
        self._pace = pace
        self._most = most
        self._questions: deque[Call] = deque()
        self._patient: deque[Call] = deque()
        self._turn_of_patient = False
        self._condition = threading.Condition()
        self.closed = False

    def put(self, texts: list[str], *, patient: bool) -> Future[dict[str, Vector]]:
        """Let these wait for a pass.

        Raises:
            UnavailableError: After `close`.
        """
        call = Call(texts, patient)
        with self._condition:
            if self.closed:
                raise UnavailableError("the embedder is closed; start the service again")
            if not patient:
                self._pace.asked()
            (self._patient if patient else self._questions).append(call)
            self._condition.notify()
        return call.answer

    def take(self) -> list[Share]:
        """Wait for work and take the next pass's; empty once closed."""
        with self._condition:
            self._condition.wait_for(lambda: self.closed or self._questions or self._patient)
            if self.closed:
                return []
            patient = bool(self._patient) and (self._turn_of_patient or not self._questions)
            self._turn_of_patient = not patient
            return self._take_patient() if patient else _take(self._questions, self._most)

    def close(self) -> None:
        """Take no more calls, and hand out no more work."""
        with self._condition:
            self.closed = True
            self._condition.notify()

    def waiting(self) -> list[Call]:
        """The calls of which something has not been taken."""
        with self._condition:
            return [*self._questions, *self._patient]

    def drop(self, call: Call) -> None:
        """Take nothing more of this call."""
        with self._condition:
            for lane in (self._questions, self._patient):
                if call in lane:
                    lane.remove(call)

    def _take_patient(self) -> list[Share]:
        waiting = [text for call in self._patient for text in call.rest[: self._most]]
        return _take(self._patient, self._pace.slice(waiting))


def _take(lane: deque[Call], room: int) -> list[Share]:
    """Up to *room* texts off the lane; a call that is cut goes behind the others."""
    shares: list[Share] = []
    while lane and room:
        call = lane.popleft()
        texts = call.texts[call.taken : call.taken + room]
        room -= len(texts)
        call.taken += len(texts)
        shares.append(Share(call, texts))
        if call.taken < len(call.texts):
            lane.append(call)
    return shares
