"""A stream whose next item is made while one is in use."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from memory_service.api.pipeline import one_ahead

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def counted(made: list[int], count: int) -> AsyncIterator[int]:
    for number in range(count):
        made.append(number)
        yield number


@pytest.mark.parametrize("count", [0, 1, 5])
def test_all_items_come_in_their_order(count: int) -> None:
    async def collected() -> list[int]:
        return [item async for item in one_ahead(counted([], count))]

    assert asyncio.run(collected()) == list(range(count))


def test_the_next_item_is_made_while_one_is_in_use_and_no_further_one() -> None:
    made: list[int] = []

    async def first() -> None:
        async with aclosing(one_ahead(counted(made, 5))) as items:
            await anext(items)
            for _ in range(3):
                await asyncio.sleep(0)

    asyncio.run(first())

    assert made == [0, 1]


def test_a_failure_comes_after_the_items_before_it() -> None:
    seen: list[int] = []

    async def failing() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise LookupError

    async def collect() -> None:
        items = one_ahead(failing())
        seen.append(await anext(items))
        seen.append(await anext(items))
        await anext(items)

    with pytest.raises(LookupError):
        asyncio.run(collect())

    assert seen == [1, 2]


def test_what_is_being_made_is_given_up_when_it_is_closed() -> None:
    ended: list[str] = []

    async def endless() -> AsyncIterator[int]:
        yield 1
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("given up")
        yield 2

    async def first() -> None:
        async with aclosing(one_ahead(endless())) as items:
            assert await anext(items) == 1
            await asyncio.sleep(0)

    asyncio.run(first())

    assert ended == ["given up"]
