"""How a model's numbers are kept when it runs."""

from __future__ import annotations

from enum import StrEnum


class Precision(StrEnum):
    """What a model runs in.

    `INT8` and `FP32` are compiled; `STOCK` is the library that the model was made with.
    """

    INT8 = "int8"
    FP32 = "fp32"
    STOCK = "stock"


#: The choice that takes the fastest precision that proves good enough.
AUTO = "auto"

#: What `precision` may be asked to be.
CHOICES = (AUTO, *Precision)


def ladder(choice: str) -> tuple[Precision, ...]:
    """The precisions to try for a choice, first to last; a named one stands alone.

    Raises:
        ValueError: If there is no such choice.
    """
    return tuple(Precision) if choice == AUTO else (Precision(choice),)
