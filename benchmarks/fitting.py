"""Two small fits: a linear ranking by softmax, and a logistic; both with a ridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Matrix = npt.NDArray[np.float64]
Column = npt.NDArray[np.float64]

_STEPS = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """One question: a row of features per candidate, and which candidates answer it."""

    features: Matrix
    relevant: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logistic:
    """Weights by feature, and the bias."""

    weights: Column
    bias: float


def fit_ranking(sets: Sequence[Sequence[Ranked]], *, ridge: float) -> Column:
    """Weights under which the answering candidates have most of the softmax.

    The loss of a question is the cross-entropy between an even share for each answering candidate
    and the softmax of the values (ListNet's top one: Cao et al., ICML 2007).  Each set counts
    the same, however many questions it has; questions without an answer do not count.
    """
    padded = [_pad([one for one in questions if one.relevant.any()]) for questions in sets]

    def loss(weights: torch.Tensor) -> torch.Tensor:
        total = ridge * (weights**2).sum()
        for features, shares, there in padded:
            values = (features @ weights).masked_fill(~there, -1e9)
            total = total - (shares * torch.log_softmax(values, 1)).sum(1).mean()
        return total

    return _least(loss, sets[0][0].features.shape[1])


def fit_logistic(features: Matrix, truth: Column, weights: Column, *, ridge: float) -> Logistic:
    """A logistic regression; features are scaled to unit deviation for the ridge alone."""
    scale = np.maximum(features.std(axis=0), 1e-9)
    scaled = torch.tensor(np.column_stack([features / scale, np.ones(len(features))]))
    wanted, counted = torch.tensor(truth), torch.tensor(weights / weights.sum())

    def loss(parameters: torch.Tensor) -> torch.Tensor:
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(
            scaled @ parameters, wanted, weight=counted, reduction="sum"
        )
        return entropy + ridge * (parameters[:-1] ** 2).sum()

    found = _least(loss, scaled.shape[1])
    return Logistic(weights=found[:-1] / scale, bias=float(found[-1]))


def _pad(questions: Sequence[Ranked]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    most = max(len(one.relevant) for one in questions)
    columns = questions[0].features.shape[1]
    features = np.zeros((len(questions), most, columns))
    shares = np.zeros((len(questions), most))
    there = np.zeros((len(questions), most), dtype=np.bool_)
    for row, one in enumerate(questions):
        size = len(one.relevant)
        features[row, :size], there[row, :size] = one.features, True
        shares[row, :size] = one.relevant / one.relevant.sum()
    return torch.tensor(features), torch.tensor(shares), torch.tensor(there)


def _least(loss: Callable[[torch.Tensor], torch.Tensor], size: int) -> Column:
    """Where the loss is least, from zero; the same on every run."""
    point = torch.zeros(size, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([point], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        search.zero_grad()
        value = loss(point)
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return value

    search.step(step)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return np.asarray(point.detach().numpy())
