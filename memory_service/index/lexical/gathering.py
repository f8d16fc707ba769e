"""What one layer holds of one query: postings fetched whole, or looked up entry by entry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from memory_service.index.lexical.layer import Layer
    from memory_service.index.lexical.segment import Codes, Counts, Places
    from memory_service.model.bm25 import Scoring
    from memory_service.model.read import Masks, Ordinals, Scores

_NONE = np.empty(0, np.int64)


@dataclass(slots=True, eq=False)
class Postings:
    """The lists of some terms, one after the other, with what each posting adds to a score.

    Args:
        terms: Places of the terms in the query.
        lengths: How many postings each has.
        stops: Where they end.
        places: The entries, as places in the segment.
        codes: Their pairs of tf and length.
        dead: Which postings are of forgotten entries, by number.
        added: What each adds: the weight of the term times what its pair makes of it.
    """

    terms: Counts
    lengths: Counts
    stops: Counts
    places: Counts
    codes: Codes
    dead: Counts
    added: Scores

    def terms_of(self, numbers: Counts) -> Counts:
        """The terms of the postings of these numbers."""
        return self.terms[self.stops.searchsorted(numbers, side="right")]

    def weigh(self, weights: Scores, shares: Scores) -> None:
        """Fill `added`."""
        self.added = shares.take(self.codes)
        self.added *= np.repeat(weights[self.terms], self.lengths)
        self.added[self.dead] = 0.0


class Gathering:
    """A layer as one query sees it.

    Args:
        layer: The layer.
        before: How many entries the layers before it have.  A *number* is an entry's place in its
            segment and those entries together; numbers rise with ordinals.
        starts: Where the list of each term begins.
        stops: Where it ends.
        scoring: What scores are made of.
    """

    def __init__(
        self, layer: Layer, before: int, starts: Counts, stops: Counts, scoring: Scoring
    ) -> None:
        self.layer = layer
        self.before = before
        self.after = before + len(layer.segment.entries)
        self.lengths: Counts = stops - starts
        self.fetched: list[Postings] = []
        self._lists = list(zip(starts.tolist(), stops.tolist(), strict=True))
        self._scoring = scoring

    @cached_property
    def shares(self) -> Scores:
        """What each pair of the segment makes of a term's weight."""
        return self.layer.segment.shares(self._scoring)

    def list_of(self, term: int) -> Places:
        """The entries that hold a term."""
        start, stop = self._lists[term]
        return self.layer.segment.places[start:stop]

    def fetch(self, terms: Counts) -> None:
        """Fetch the lists of these terms whole."""
        segment = self.layer.segment
        slices = [slice(*self._lists[term]) for term in terms.tolist()]
        places = np.concatenate([segment.places[each] for each in slices]).astype(np.int64)
        flags, lengths = self.layer.flags, self.lengths[terms]
        self.fetched.append(
            Postings(
                terms=terms,
                lengths=lengths,
                stops=lengths.cumsum(),
                places=places,
                codes=np.concatenate([segment.codes[each] for each in slices]),
                dead=_NONE if flags is None else np.flatnonzero(flags.take(places)),
                added=np.empty(0),
            )
        )

    def sums(self, zeros: Scores) -> list[Scores]:
        """For each fetched posting, what all of them add to its entry together."""
        for postings in self.fetched:
            np.add.at(zeros, postings.places, postings.added)
        sums = [zeros.take(postings.places) for postings in self.fetched]
        for postings in self.fetched:
            zeros[postings.places] = 0.0
        return sums

    def part_of(self, numbers: Counts) -> tuple[slice, Counts]:
        """Which of these numbers (rising) are of this layer, and their places in its segment."""
        begin, end = numbers.searchsorted([self.before, self.after]).tolist()
        return slice(begin, end), numbers[begin:end] - self.before

    def ordinals_of(self, numbers: Counts) -> Ordinals:
        """The ordinals of those of these numbers (rising) that are of this layer."""
        return self.layer.segment.entries[self.part_of(numbers)[1]]

    def numbers_of(self, ordinals: Ordinals) -> Counts:
        """The numbers of those of these ordinals (rising) that are here and not forgotten."""
        places = self.layer.segment.locate(ordinals)
        if self.layer.flags is not None:
            places = places[~self.layer.flags[places]]
        return places + self.before

    def look_up(self, term: int, numbers: Counts, weight: float) -> Scores:
        """What a term adds to these entries (rising), the others of the layer left out."""
        _, places = self.part_of(numbers)
        held = self.list_of(term)
        if not len(held):
            return np.zeros(len(places))
        at = held.searchsorted(places.astype(np.uint32))
        there = held.take(at, mode="clip") == places
        codes = self.layer.segment.codes[slice(*self._lists[term])]
        added: Scores = self.shares.take(codes.take(at, mode="clip")) * there
        added *= weight
        return added

    def mark(
        self, numbers: Counts, totals: Scores, masks: Masks, bits: Masks, zeros: Scores
    ) -> None:
        """Add to *totals* and *masks* what the fetched postings say of these entries (rising)."""
        here, places = self.part_of(numbers)
        zeros[places] = np.arange(here.start + 1, here.stop + 1)
        for postings in self.fetched:
            marks = zeros.take(postings.places)
            hits = np.flatnonzero(marks)
            rows = marks[hits].astype(np.int64) - 1
            np.add.at(totals, rows, postings.added[hits])
            np.bitwise_or.at(masks, rows, bits[postings.terms_of(hits)])
        zeros[places] = 0.0
