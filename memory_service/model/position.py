"""Where a node is in the change log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

#: The chain before the first change.
GENESIS = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """A place in the change log; positions of one chain are ordered by `(epoch, seq)`.

    On the wire it is `EPOCH:SEQ:CHAIN`, the chain in hex.
    """

    epoch: int
    seq: int
    chain: bytes = GENESIS

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}:{self.chain.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the wire form.

        Raises:
            ValueError: If *text* is not `EPOCH:SEQ:CHAIN`.
        """
        epoch, seq, chain = text.split(":")
        return cls(epoch=int(epoch), seq=int(seq), chain=bytes.fromhex(chain))


#: Where a store is before its first change.
BEGINNING = Position(epoch=1, seq=0)
