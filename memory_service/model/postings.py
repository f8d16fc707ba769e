"""Postings as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from memory_service.model.read import Ordinals

#: What stands for terms in an index: 64 bits of a hash of namespace and term.
Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PostingRows:
    """Postings in any order: key of the term, ordinal, tf, terms of the entry.

    An entry holds a term in one row.
    """

    keys: Keys
    ordinals: Ordinals
    tf: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.keys)

    def after(self, seq: int) -> PostingRows:
        """Those of entries with a larger ordinal."""
        later = self.ordinals > seq
        return PostingRows(
            keys=self.keys[later],
            ordinals=self.ordinals[later],
            tf=self.tf[later],
            lengths=self.lengths[later],
        )
