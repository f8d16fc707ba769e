"""Streams whose steps run beside each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """Stands behind the last item."""


async def one_ahead(items: AsyncIterator[Item]) -> AsyncGenerator[Item]:
    """The same items in their order, each made while the one before it is in use.

    What making one raises comes in its turn, after the items before it.  When this is closed the
    one being made is given up.
    """
    end = _End()
    coming = asyncio.ensure_future(anext(items, end))
    try:
        while not isinstance(item := await coming, _End):
            coming = asyncio.ensure_future(anext(items, end))
            yield item
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await coming
