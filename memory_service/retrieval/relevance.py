"""From a ranking's values to the probability that a candidate answers the query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """A logistic over a candidate's share of its ranking.

    `share` weighs the logarithm of the share that a softmax over the ranking's values gives the
    candidate (the fitted ranking is a softmax: Cao et al., ICML 2007); it is at least 0, so the
    probability never rises down a ranking.
    """

    share: float
    bias: float

    def probabilities(self, values: Scores) -> Scores:
        """How likely each candidate answers if there is an answer, in [0, 1].

        Args:
            values: Of every candidate that was ranked.
        """
        if not len(values):
            return values
        return logistic(self.share * log_shares(values) + self.bias)


def log_shares(values: Scores) -> Scores:
    """The logarithm of each candidate's share of the softmax over *values*, one at least."""
    shifted = values - values.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def logistic(log_odds: Scores) -> Scores:
    """The probability of these log-odds, in [0, 1], however large they are."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)))
