"""What coefficients are fitted on: a set's questions with their answer, and without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.examples import Example, gather, unanswered
from benchmarks.stores import remembered
from benchmarks.unanswerable import foreign, names_swapped, speakers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.datasets import Dataset, Question
    from benchmarks.vectors import VectorShelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The examples of one set: with an answer, and the two ways of having none.

    `model` is the SHA-256 of the embedder's weights; `talk` says whether people speak in it.
    """

    name: str
    model: str
    talk: bool
    found: list[Example]
    removed: list[Example]
    elsewhere: list[Example]

    @property
    def without(self) -> list[Example]:
        """All that have no answer."""
        return self.removed + self.elsewhere


def sample(
    dataset: Dataset,
    questions: Sequence[Question],
    strange: Sequence[Question],
    *,
    shelf: VectorShelf,
    model: str,
    precision: str,
) -> Sample:
    """Ask the set's questions, and as many that it cannot answer.

    Args:
        dataset: The set.
        questions: Those with an answer.
        strange: Questions of other sets, for a set in which nobody speaks.
        shelf: Vectors kept between runs.
        model: As in the settings.
        precision: As in the settings.
    """
    swapped = names_swapped(questions, speakers_of(dataset.entries))
    pool = swapped or foreign(questions, [strange], seed=0)
    elsewhere = [replace(one, gold={}) for one in pool]
    with remembered(dataset, model=model, precision=precision, shelf=shelf) as store:
        found = gather(store, dataset, questions)
        lost = gather(store, dataset, elsewhere)
    return Sample(
        name=dataset.name,
        model=store.model.identity.sha256 if store.model.identity else "",
        talk=bool(swapped),
        found=found,
        removed=[unanswered(one) for one in found if one.answerable],
        elsewhere=lost,
    )
