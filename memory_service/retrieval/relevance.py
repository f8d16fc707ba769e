"""From a ranking's values to the probability that a candidate answers the query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

#: Probabilities are kept this far from 0 and 1 before they become log-odds.
_EDGE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """A logistic over a candidate's share of its ranking and the evidence for an answer.

    `share` weighs the logarithm of the share that a softmax over the ranking's values gives the
    candidate (the fitted ranking is a softmax: Cao et al., ICML 2007), `evidence` the log-odds
    of there being an answer.  All weights but the bias are at least 0, so the probability never
    rises down a ranking.
    """

    share: float = 1.1
    evidence: float = 0.5
    bias: float = 0.0

    def probabilities(self, values: Scores, evidence: float) -> Scores:
        """The probability of each candidate, in [0, 1], rising with its value.

        Args:
            values: Of every candidate that was ranked.
            evidence: The probability that there is an answer.
        """
        if not len(values):
            return values
        log_odds = self.share * log_shares(values) + self.evidence * logit(evidence) + self.bias
        return logistic(log_odds)


def log_shares(values: Scores) -> Scores:
    """The logarithm of each candidate's share of the softmax over *values*, one at least."""
    shifted = values - values.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def logistic(log_odds: Scores) -> Scores:
    """The probability of these log-odds, in [0, 1], however large they are."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -log_odds)))


def logit(probability: float) -> float:
    """The log-odds of a probability, finite even at 0 and 1."""
    kept = min(max(probability, _EDGE), 1.0 - _EDGE)
    return float(np.log(kept / (1.0 - kept)))
