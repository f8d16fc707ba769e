"""One query over the index: the exact best, and the exact score of any entry.

The lists of the rare terms are fetched whole and summed by entry.  A long list is left alone as
long as what the lists left alone could add to an entry that no other list holds stays below the
k-th best sum (MaxScore: Turtle and Flood, Query evaluation: strategies and optimizations, 1995);
then it is looked up only for the entries that are still in the running.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memory_service.index.lexical.gathering import Gathering
from memory_service.model.bm25 import NO_MATCHES, PLACES, Matches, bits

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.index.lexical.scratch import Scratch
    from memory_service.index.lexical.segment import Counts
    from memory_service.index.lexical.state import State
    from memory_service.model.bm25 import Scoring, Sight
    from memory_service.model.postings import Keys
    from memory_service.model.read import Flags, Ordinals, Scores

#: More than rounding to nine places, and summing in another order, may move a score.
_SLACK = 2e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """Where one way of answering becomes cheaper than another; answers do not depend on it.

    Args:
        fetched: Postings that are fetched whole without looking for a bound first.
        looked_up: Looking an entry up in a list costs as much as fetching so many postings.
        few: A filter that lets so few through is answered by scoring those alone.
    """

    fetched: int = 2**16
    looked_up: int = 8
    few: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """Distinct entries by rising number, with what is known of their scores."""

    numbers: Counts
    sums: Scores

    def best(self, m: int) -> Ranked:
        """The *m* best, ties by number."""
        if len(self.sums) <= m:
            return self
        rounded = np.round(self.sums, PLACES)
        least = _nth(rounded, m)
        chosen = rounded > least
        ties = np.flatnonzero(rounded == least)[: m - np.count_nonzero(chosen)]
        chosen[ties] = True
        return self.of(chosen)

    def of(self, chosen: Flags) -> Ranked:
        """Those alone."""
        return Ranked(numbers=self.numbers[chosen], sums=self.sums[chosen])


class Search:
    """A query of one namespace over one state of the index; for one thread.

    `entries` is in how many live entries each term stands, in the order asked.  There is no limit
    to the number of terms; masks tell of the 64 rarest.
    """

    def __init__(
        self,
        state: State,
        keys: Keys,
        counts: Scores,
        scoring: Scoring,
        *,
        scratch: Scratch,
        limits: SearchLimits,
    ) -> None:
        """Look the terms up.

        Args:
            state: The index.
            keys: The terms, distinct.
            counts: How often the query names each.
            scoring: What the scores are made of.
            scratch: Where sums are made.
            limits: Which way of answering is cheaper.
        """
        self._scratch = scratch
        self._limits = limits
        self._layers = _layers(state, keys, scoring)
        lengths = sum((each.lengths for each in self._layers), np.zeros(len(keys), np.int64))
        order = lengths.argsort(kind="stable")
        whole = max(int(np.cumsum(lengths[order]).searchsorted(limits.fetched, side="right")), 1)
        self._lengths = lengths
        self._left: Counts = order[whole:]
        self._sums: tuple[Counts, Scores] | None = None
        self._fetch(order[:whole])
        self.entries = self._count()
        self._weights = counts * [scoring.idf(held) for held in self.entries]
        self._bits = np.empty(len(keys), np.uint64)
        self._bits[np.argsort(self.entries, kind="stable")] = bits(len(keys))
        self._weigh()

    def _fetch(self, terms: Counts) -> None:
        for layer in self._layers:
            layer.fetch(terms)

    def _weigh(self) -> None:
        for layer in self._layers:
            layer.fetched[-1].weigh(self._weights, layer.shares)

    def _count(self) -> list[int]:
        """How many live entries hold each term."""
        held = self._lengths.copy()
        for layer in self._layers:
            for postings in layer.fetched:
                if len(postings.dead):
                    held -= np.bincount(postings.terms_of(postings.dead), minlength=len(held))
            for term in self._left.tolist():
                held[term] -= layer.layer.count_dead(layer.list_of(term))
        counted: list[int] = held.tolist()
        return counted

    def best(self, k: int, sight: Sight) -> Matches:
        """The *k* best that *sight* lets through, by falling score, ties by ordinal."""
        if k <= 0 or not self._layers:
            return NO_MATCHES
        if sight.allowed is not None and sight.allowed.count <= self._limits.few:
            few = self.score(sight.allowed.ordinals)
            few = few.of(few.scores > 0)
            return few.of(sight.alive(few.ordinals)).best(k)
        return self._scored(self._found(k, sight).best(k).numbers).best(k)

    def _found(self, k: int, sight: Sight) -> Ranked:
        """The best that may come out: *k* at least, or all there are."""
        reach = self._reach(k, sight)
        while len(self._left):
            leading = self._leading(reach).best(reach)
            least = float(leading.sums.min()) if len(leading.sums) == reach else 0.0
            if self._may_be_looked_up(least):
                found = self._picked(_always(self._in_the_running(least)), k, reach, sight)
                if len(found.sums) >= k:
                    return found
            self._fetch_more(least)
        return self._picked(self._leading, k, reach, sight)

    def score(self, ordinals: Ordinals) -> Matches:
        """The exact scores of these (distinct, rising); 0 where nothing matches."""
        numbers = [layer.numbers_of(ordinals) for layer in self._layers]
        known = self._scored(np.concatenate(numbers)) if numbers else NO_MATCHES
        return known.aligned(ordinals)

    def _scored(self, numbers: Counts) -> Matches:
        totals, masks = np.zeros(len(numbers)), np.zeros(len(numbers), np.uint64)
        for layer in self._layers:
            with self._scratch.lent(layer.after - layer.before) as zeros:
                layer.mark(numbers, totals, masks, self._bits, zeros)
        for term in self._left.tolist():
            added = self._looked_up(term, numbers)
            totals += added
            masks |= np.where(added > 0, self._bits[term], np.uint64(0))
        ordinals = self._ordinals_of(numbers)
        return Matches(ordinals=ordinals, scores=np.round(totals, PLACES), masks=masks)

    def _ordinals_of(self, numbers: Counts) -> Ordinals:
        return np.concatenate([layer.ordinals_of(numbers) for layer in self._layers])

    def _looked_up(self, term: int, numbers: Counts) -> Scores:
        weight = float(self._weights[term])
        return np.concatenate([layer.look_up(term, numbers, weight) for layer in self._layers])

    def _bound(self, terms: Counts) -> float:
        """What these terms add to a score at most."""
        most = max(float(layer.shares.max()) for layer in self._layers)
        return float(self._weights[terms].sum()) * most

    def _may_be_looked_up(self, least: float) -> bool:
        """Whether what only the lists left alone hold is out, and few others are in."""
        bound = self._bound(self._left)
        if bound >= least - _SLACK:
            return False
        running = np.count_nonzero(self._summed()[1] >= least - bound - _SLACK)
        return bool(
            running * len(self._left) * self._limits.looked_up < self._lengths[self._left].sum()
        )

    def _in_the_running(self, least: float) -> Ranked:
        """The entries that may reach *least*, with their whole sums."""
        found = self._of(self._summed()[1] >= least - self._bound(self._left) - _SLACK)
        for place, term in enumerate(self._left.tolist()):
            sums = found.sums + self._looked_up(term, found.numbers)
            rest = self._bound(self._left[place + 1 :])
            found = Ranked(numbers=found.numbers, sums=sums).of(sums + rest >= least - _SLACK)
        return found

    def _fetch_more(self, least: float) -> None:
        """Fetch the rarest of the lists left alone: what it takes, or as much as is fetched."""
        lengths = self._lengths[self._left]
        affordable = int(np.cumsum(lengths).searchsorted(self._lengths.sum() - lengths.sum()))
        more = 1
        while more < affordable and self._bound(self._left[more:]) >= least - _SLACK:
            more += 1
        fetched, self._left = self._left[:more], self._left[more:]
        self._fetch(fetched)
        self._weigh()
        self._sums = None

    def _summed(self) -> tuple[Counts, Scores]:
        """For each fetched posting, the number and the sum of its entry."""
        if self._sums is None:
            numbers, sums = [], []
            for layer in self._layers:
                with self._scratch.lent(layer.after - layer.before) as zeros:
                    sums += layer.sums(zeros)
                numbers += [postings.places + layer.before for postings in layer.fetched]
            self._sums = np.concatenate(numbers), np.concatenate(sums)
        return self._sums

    def _leading(self, m: int) -> Ranked:
        """The *m* best entries of the fetched lists at least, or all."""
        sums = self._summed()[1]
        step = len(sums) // (_SAMPLED * m)
        if step > 1:
            sample = sums[::step]
            guess = _nth(sample, min(_SPARE + _OFTEN * m // step, len(sample)))
            found = self._of(sums >= guess if guess > 0 else sums > 0)
            if len(found.sums) >= m:
                return found
        return self._of(sums > 0)

    def _of(self, chosen: Flags) -> Ranked:
        """The entries of these of the fetched postings."""
        all_numbers, all_sums = self._summed()
        numbers, sums = all_numbers[chosen], all_sums[chosen]
        order = numbers.argsort(kind="stable")
        numbers = numbers[order]
        first = np.empty(len(numbers), np.bool_)
        first[:1] = True
        np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
        return Ranked(numbers=numbers[first], sums=sums[order[first]])

    def _picked(self, found: Callable[[int], Ranked], k: int, reach: int, sight: Sight) -> Ranked:
        """The best that may come out, of the *reach* best: *k* at least, or all there are."""
        while True:
            best = found(reach).best(reach)
            seen = best.of(sight.passing(self._ordinals_of(best.numbers)))
            if len(seen.sums) >= k or len(best.sums) < reach:
                return seen
            reach *= 4

    def _reach(self, k: int, sight: Sight) -> int:
        """How many of the best hold *k* that may come out, most probably."""
        if sight.allowed is None:
            return k + sight.expired
        alive = sum(each.layer.entries for each in self._layers)
        # A selection may still hold what is forgotten, and so more than there is.
        spread = max(1.0, 1.3 * alive / max(sight.allowed.count, 1))
        return sight.expired + int(k * spread)


#: To guess how good the best are, so many sums are looked at for each entry wanted; what is then
#: fetched is so many for each, since an entry stands in several lists, and some more.
_SAMPLED = 4
_OFTEN = 3
_SPARE = 8


def _always(found: Ranked) -> Callable[[int], Ranked]:
    """The same, however many are asked for."""
    return lambda _: found


def _nth(values: Scores, n: int) -> float:
    """The *n*-th largest of at least as many."""
    return float(np.partition(values, len(values) - n)[len(values) - n])


def _layers(state: State, keys: Keys, scoring: Scoring) -> list[Gathering]:
    """Those that hold one of the terms."""
    layers, before = [], 0
    for layer in state.layers:
        starts, stops = layer.segment.find(keys)
        if stops.any():
            layers.append(Gathering(layer, before, starts, stops, scoring))
            before = layers[-1].after
    return layers
