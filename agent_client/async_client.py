"""The client for asynchronous code: `MemoryClient`, awaited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, TypeVar, Unpack, overload

from agent_client import _wire, errors, models
from agent_client._batching import batches, one_batch
from agent_client._core import Core, with_details
from agent_client._http import open_async_client, send_async
from agent_client._retrying import retrying_async
from agent_client.models import EntryDraft, NewEntry
from agent_client.policy import RetryPolicy
from agent_client.seams import Seams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    import httpx2

    from agent_client._exchange import Exchange

T = TypeVar("T")


class AsyncMemoryClient:
    """`MemoryClient` for asyncio: the same methods, promises and arguments, awaited.

    `remember_many` and `iterate` are asynchronous iterators; `close` is awaited, too.
    """

    def __init__(
        self,
        url: str | Sequence[str] | None = None,
        *,
        api_key: str | None = None,
        namespace: str = "default",
        timeout: float = 60.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - a frozen value
        seams: Seams = Seams(),  # noqa: B008 - a frozen value
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._core = Core(
            url, api_key, namespace=namespace, timeout=timeout, retry=retry, seams=seams
        )
        self._http = open_async_client(self._core.terms.endpoints, transport)

    @overload
    async def remember(  # type: ignore[overload-overlap]  # a str: one text
        self,
        entry: str | EntryDraft | Mapping[str, object],
        /,
        *,
        namespace: str | None = ...,
        on_conflict: models.OnConflict = ...,
        collapse: bool = ...,
        embed: models.EmbedMode = ...,
        idempotency_key: str | None = ...,
        **details: Unpack[models.NewEntryDetails],
    ) -> models.Outcome: ...
    @overload
    async def remember(
        self,
        entry: Sequence[NewEntry],
        /,
        *,
        namespace: str | None = ...,
        on_conflict: models.OnConflict = ...,
        collapse: bool = ...,
        embed: models.EmbedMode = ...,
        idempotency_key: str | None = ...,
    ) -> models.Receipt: ...
    async def remember(
        self,
        entry: NewEntry | Sequence[NewEntry],
        /,
        *,
        namespace: str | None = None,
        on_conflict: models.OnConflict = "error",
        collapse: bool = False,
        embed: models.EmbedMode = "sync",
        idempotency_key: str | None = None,
        **details: Unpack[models.NewEntryDetails],
    ) -> models.Outcome | models.Receipt:
        """See `MemoryClient.remember`."""
        options = _wire.RememberOptions(on_conflict=on_conflict, collapse=collapse, embed=embed)
        write, place = self._core.write(idempotency_key), self._core.place(namespace)
        given = with_details(entry, details)
        if isinstance(given, str | EntryDraft | Mapping):
            return await self._perform(_wire.remember_one(place, given, options, write))
        return await self._perform(_wire.remember_some(place, one_batch(given), options, write))

    async def remember_many(
        self,
        entries: Iterable[NewEntry],
        *,
        namespace: str | None = None,
        on_conflict: models.OnConflict = "error",
        collapse: bool = False,
        embed: models.EmbedMode = "sync",
    ) -> AsyncIterator[models.Receipt]:
        """See `MemoryClient.remember_many`."""
        options = _wire.RememberOptions(on_conflict=on_conflict, collapse=collapse, embed=embed)
        place = self._core.place(namespace)
        for batch in batches(entries):
            write = self._core.write(None)
            yield await self._perform(_wire.remember_some(place, batch, options, write))

    @overload
    async def recall(  # type: ignore[overload-overlap]  # a str: one query
        self,
        query: str,
        /,
        *,
        namespace: str | None = ...,
        deadline: float | None = ...,
        **options: Unpack[models.RecallOptions],
    ) -> models.Recall: ...
    @overload
    async def recall(
        self,
        query: Sequence[str],
        /,
        *,
        namespace: str | None = ...,
        deadline: float | None = ...,
        **options: Unpack[models.RecallOptions],
    ) -> models.RecallBatch: ...
    async def recall(
        self,
        query: str | Sequence[str],
        /,
        *,
        namespace: str | None = None,
        deadline: float | None = None,
        **options: Unpack[models.RecallOptions],
    ) -> models.Recall | models.RecallBatch:
        """See `MemoryClient.recall`."""
        place = self._core.place(namespace)
        return await self._perform(_wire.recall(place, query, options, deadline))

    @overload
    async def forget(
        self,
        entry_id: str,
        /,
        *,
        namespace: str | None = ...,
        if_version: int | None = ...,
        purge: bool = ...,
        idempotency_key: str | None = ...,
    ) -> models.Outcome: ...
    @overload
    async def forget(
        self,
        /,
        *,
        filter: models.FilterSpec,
        dry_run: bool = ...,
        namespace: str | None = ...,
        purge: bool = ...,
        idempotency_key: str | None = ...,
    ) -> models.ForgetReport: ...
    async def forget(
        self,
        entry_id: str | None = None,
        /,
        *,
        filter: models.FilterSpec | None = None,
        dry_run: bool = False,
        namespace: str | None = None,
        if_version: int | None = None,
        purge: bool = False,
        idempotency_key: str | None = None,
    ) -> models.Outcome | models.ForgetReport:
        """See `MemoryClient.forget`."""
        write = self._core.write(idempotency_key, if_version)
        place = self._core.place(namespace)
        call = _wire.forget(place, entry_id, filter, write, dry_run=dry_run, purge=purge)
        return await self._perform(call)

    async def restore(
        self,
        entry_ids: str | Sequence[str] | None = None,
        /,
        *,
        filter: models.FilterSpec | None = None,
        dry_run: bool = False,
        namespace: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.RestoreReport:
        """See `MemoryClient.restore`."""
        write = self._core.write(idempotency_key)
        call = _wire.restore(self._core.place(namespace), entry_ids, filter, write, dry_run)
        return await self._perform(call)

    async def get(
        self,
        entry_id: str,
        /,
        *,
        as_of: models.Moment | None = None,
        namespace: str | None = None,
    ) -> models.Entry:
        """See `MemoryClient.get`."""
        return await self._perform(_wire.get(self._core.place(namespace), entry_id, as_of))

    async def history(
        self, entry_id: str, /, *, limit: int = 100, namespace: str | None = None
    ) -> models.History:
        """See `MemoryClient.history`."""
        return await self._perform(_wire.history(self._core.place(namespace), entry_id, limit))

    async def neighbours(
        self, entry_id: str, /, *, count: int = 2, namespace: str | None = None
    ) -> models.Neighbours:
        """See `MemoryClient.neighbours`."""
        return await self._perform(_wire.neighbours(self._core.place(namespace), entry_id, count))

    async def update(
        self,
        entry_id: str,
        /,
        *,
        namespace: str | None = None,
        embed: models.EmbedMode = "sync",
        if_version: int | None = None,
        idempotency_key: str | None = None,
        **changes: Unpack[models.EntryChanges],
    ) -> models.Outcome:
        """See `MemoryClient.update`."""
        write = self._core.write(idempotency_key, if_version)
        place = self._core.place(namespace)
        return await self._perform(_wire.update(place, entry_id, changes, embed, write))

    async def list(
        self,
        *,
        filter: models.FilterSpec | None = None,
        order: models.ListOrder = "written",
        limit: int | None = None,
        cursor: str | None = None,
        as_of: models.Moment | None = None,
        namespace: str | None = None,
    ) -> models.Page:
        """See `MemoryClient.list`."""
        place = self._core.place(namespace)
        return await self._perform(
            _wire.page(place, filter=filter, order=order, limit=limit, cursor=cursor, as_of=as_of)
        )

    async def iterate(
        self,
        *,
        filter: models.FilterSpec | None = None,
        order: models.ListOrder = "written",
        as_of: models.Moment | None = None,
        namespace: str | None = None,
    ) -> AsyncIterator[models.Entry]:
        """See `MemoryClient.iterate`."""
        cursor = None
        while True:
            page = await self.list(
                filter=filter, order=order, cursor=cursor, as_of=as_of, namespace=namespace
            )
            for entry in page.entries:
                yield entry
            if (cursor := page.next_cursor) is None:
                return

    async def sessions(
        self, *, limit: int | None = None, cursor: str | None = None, namespace: str | None = None
    ) -> models.SessionPage:
        """See `MemoryClient.sessions`."""
        place = self._core.place(namespace)
        return await self._perform(_wire.sessions(place, limit=limit, cursor=cursor))

    async def session(
        self,
        session: str,
        /,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        namespace: str | None = None,
    ) -> models.Page:
        """See `MemoryClient.session`."""
        place = self._core.place(namespace)
        return await self._perform(_wire.session(place, session, limit=limit, cursor=cursor))

    async def namespaces(self) -> tuple[models.NamespaceSummary, ...]:
        """See `MemoryClient.namespaces`."""
        return await self._perform(_wire.namespaces())

    async def configure_namespace(
        self,
        name: str,
        settings: models.NamespaceSettings,
        /,
        *,
        idempotency_key: str | None = None,
    ) -> str:
        """See `MemoryClient.configure_namespace`."""
        write = self._core.write(idempotency_key)
        return await self._perform(_wire.configure_namespace(name, settings, write))

    async def drop_namespace(
        self, name: str, /, *, idempotency_key: str | None = None
    ) -> models.Dropped:
        """See `MemoryClient.drop_namespace`."""
        return await self._perform(_wire.drop_namespace(name, self._core.write(idempotency_key)))

    async def make_backup(self) -> models.Backup:
        """See `MemoryClient.make_backup`."""
        return await self._perform(_wire.make_backup())

    async def read_backup(self, backup: str, offset: int, /) -> bytes:
        """See `MemoryClient.read_backup`."""
        return await self._perform(_wire.read_backup(backup, offset))

    async def drop_backup(self, backup: str, /) -> None:
        """See `MemoryClient.drop_backup`."""
        await self._perform(_wire.drop_backup(backup))

    async def compact(self) -> models.Compacted:
        """See `MemoryClient.compact`."""
        return await self._perform(_wire.compact())

    async def status(self) -> models.Status:
        """See `MemoryClient.status`."""
        return await self._perform(_wire.status())

    async def reembed(self) -> models.Reembed | None:
        """See `MemoryClient.reembed`."""
        return (await self._perform(_wire.reembed())).reembed

    async def ready(self) -> bool:
        """See `MemoryClient.ready`."""
        try:
            return await self._perform(_wire.ready())
        except _wire.NOT_READY:
            return False

    async def close(self) -> None:
        """See `MemoryClient.close`."""
        self._core.close()
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._core!r}"

    async def _perform(self, call: _wire.Call[T]) -> T:
        exchange = self._core.exchange(call)
        return await retrying_async(exchange)(self._round, exchange)

    async def _round(self, exchange: Exchange[T]) -> T:
        """Ask the addresses in order until one takes the call."""
        for endpoint in exchange.endpoints:
            try:
                return exchange.result(await send_async(self._http, exchange.outgoing(endpoint)))
            except errors.MemoryClientError as error:
                if not exchange.goes_on(endpoint, error):
                    raise
        raise exchange.exhausted()
