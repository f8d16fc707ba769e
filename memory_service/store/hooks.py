"""Who is told what happens inside the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.failpoints import unarmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.failpoints import Reach


def _nobody(_reason: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the store calls.

    Args:
        on_failed: With the reason, when this process can no longer be trusted with the store:
            every write is refused from then on.
        reach: With every failpoint that is passed.
    """

    on_failed: Callable[[str], None] = _nobody
    reach: Reach = unarmed


#: Nobody is told, and no failpoint is armed.
NO_HOOKS = Hooks()
