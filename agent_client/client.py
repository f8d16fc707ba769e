"""The client for synchronous code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, TypeVar, Unpack, overload

from agent_client import _wire, errors, models
from agent_client._batching import batches, one_batch
from agent_client._core import Core, with_details
from agent_client._http import open_client, send
from agent_client._retrying import retrying
from agent_client.models import EntryDraft, NewEntry
from agent_client.policy import RetryPolicy
from agent_client.seams import Seams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import httpx2

    from agent_client._exchange import Exchange

T = TypeVar("T")


class MemoryClient:
    """Remembers and recalls over HTTP.

    One client serves many threads and is to live long.  Every write carries an idempotency key,
    so a retry never does it twice.  Every method may raise `MemoryClientError` (see `errors`),
    and `ClientClosedError` after `close`.

    Args:
        url: The daemon's address, or several in order of preference: a call goes to the first
            that takes it.  `None`: see `_discovery`.
        api_key: The access key; `None`: from the environment, or the file the daemon wrote.
        namespace: Where calls go that name no other.
        timeout: Seconds one attempt waits for its answer.
        retry: How often and how long a call is tried.
        seams: Clock, waiting and chance; for tests.
        transport: Sends instead of the network; for tests.
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
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._core = Core(
            url, api_key, namespace=namespace, timeout=timeout, retry=retry, seams=seams
        )
        self._http = open_client(self._core.terms.endpoints, transport)

    @overload
    def remember(  # type: ignore[overload-overlap]  # a str: one text
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
    def remember(
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
    def remember(
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
        """Store an entry, or up to 256 in one commit; stored and synced when this returns.

        Args:
            entry: A text (with `details` such as `speaker="Ann"`), a draft, a mapping as in the
                HTTP API, or a sequence of these.
            namespace: Where to; the client's own if `None`.
            on_conflict: What to do when the id holds other content.
            collapse: Whether an entry of equal content makes this one a `duplicate`.
            embed: `async` answers before the vector is there; until then the entry is found by
                its words.
            idempotency_key: For a write that is to be the same over several calls.
            **details: The rest of the entry whose text is given.

        Returns:
            The outcome of one entry; for a sequence, a receipt with one outcome for each,
            rejected ones among them.

        Raises:
            InvalidInputError: If a single entry is refused.
            IdTakenError: If its id holds other content and `on_conflict` is `error`.
            TypeError: If there are details without a text.
        """
        options = _wire.RememberOptions(on_conflict=on_conflict, collapse=collapse, embed=embed)
        write, place = self._core.write(idempotency_key), self._core.place(namespace)
        given = with_details(entry, details)
        if isinstance(given, str | EntryDraft | Mapping):
            return self._perform(_wire.remember_one(place, given, options, write))
        return self._perform(_wire.remember_some(place, one_batch(given), options, write))

    def remember_many(
        self,
        entries: Iterable[NewEntry],
        *,
        namespace: str | None = None,
        on_conflict: models.OnConflict = "error",
        collapse: bool = False,
        embed: models.EmbedMode = "sync",
    ) -> Iterator[models.Receipt]:
        """Store any number of entries, in calls of up to 256 entries or 8 MiB.

        A receipt comes as soon as its batch is stored, in the order of the entries.  When a
        batch fails, those before it are stored and those after it were not sent.
        """
        options = _wire.RememberOptions(on_conflict=on_conflict, collapse=collapse, embed=embed)
        place = self._core.place(namespace)
        for batch in batches(entries):
            write = self._core.write(None)
            yield self._perform(_wire.remember_some(place, batch, options, write))

    @overload
    def recall(  # type: ignore[overload-overlap]  # a str: one query
        self,
        query: str,
        /,
        *,
        namespace: str | None = ...,
        deadline: float | None = ...,
        **options: Unpack[models.RecallOptions],
    ) -> models.Recall: ...
    @overload
    def recall(
        self,
        query: Sequence[str],
        /,
        *,
        namespace: str | None = ...,
        deadline: float | None = ...,
        **options: Unpack[models.RecallOptions],
    ) -> models.RecallBatch: ...
    def recall(
        self,
        query: str | Sequence[str],
        /,
        *,
        namespace: str | None = None,
        deadline: float | None = None,
        **options: Unpack[models.RecallOptions],
    ) -> models.Recall | models.RecallBatch:
        """Find the entries that best answer a query, or each of up to 64 queries.

        The answer keeps what is likely to help, so it is often shorter than `limit`, and
        empty when nothing is relevant.  Entries of other namespaces never come.

        Args:
            query: What the agent wants to know, in its own words.
            namespace: Where to look; the client's own if `None`.
            deadline: Seconds the whole call may take, attempts and waits included.  The service
                is told what is left, and rather answers without its dense leg than late.
            **options: `limit`, `filter` and the like.

        Raises:
            NamespaceNotFoundError: If the namespace has never been written to.
            DeadlineExceededError: If the service had no answer in time.
            RequestTimeoutError: If no answer arrived in time.
        """
        place = self._core.place(namespace)
        return self._perform(_wire.recall(place, query, options, deadline))

    @overload
    def forget(
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
    def forget(
        self,
        /,
        *,
        filter: models.FilterSpec,
        dry_run: bool = ...,
        namespace: str | None = ...,
        purge: bool = ...,
        idempotency_key: str | None = ...,
    ) -> models.ForgetReport: ...
    def forget(
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
        """Forget one entry, or all that match a filter; at once invisible to every read.

        Args:
            entry_id: Which one; either this or `filter`.
            filter: Which ones, in the grammar of the HTTP API.
            dry_run: Only count what matches the filter.
            namespace: Where; the client's own if `None`.
            if_version: Forget the one only while it is at this version.
            purge: Delete what they say for good, with every version of them.
            idempotency_key: For a write that is to be the same over several calls.

        Raises:
            EntryNotFoundError: If the one is not there.
            VersionConflictError: If it is at another version.
            TypeError: If neither or both are given.
        """
        write = self._core.write(idempotency_key, if_version)
        place = self._core.place(namespace)
        call = _wire.forget(place, entry_id, filter, write, dry_run=dry_run, purge=purge)
        return self._perform(call)

    def restore(
        self,
        entry_ids: str | Sequence[str] | None = None,
        /,
        *,
        filter: models.FilterSpec | None = None,
        dry_run: bool = False,
        namespace: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.RestoreReport:
        """Take back that entries were forgotten, within the service's grace time.

        They come back as they were, at the next version.  What cannot come back is named in the
        report's `refused`, and does not keep the others out.

        Args:
            entry_ids: Which ones, up to 256; either this or `filter`.
            filter: Which ones, by what they said when they were forgotten.
            dry_run: Only count what matches the filter.
            namespace: Where; the client's own if `None`.
            idempotency_key: For a write that is to be the same over several calls.

        Raises:
            TypeError: If neither or both are given.
        """
        write = self._core.write(idempotency_key)
        call = _wire.restore(self._core.place(namespace), entry_ids, filter, write, dry_run)
        return self._perform(call)

    def get(
        self,
        entry_id: str,
        /,
        *,
        as_of: models.Moment | None = None,
        namespace: str | None = None,
    ) -> models.Entry:
        """One entry; with *as_of* as it was then, as far as that is kept.

        Raises:
            EntryNotFoundError: If it is not there, or has expired.
        """
        return self._perform(_wire.get(self._core.place(namespace), entry_id, as_of))

    def history(
        self, entry_id: str, /, *, limit: int = 100, namespace: str | None = None
    ) -> models.History:
        """The newest *limit* (at most 1000) versions of an entry that are kept, newest first.

        A forgotten entry has a history for as long as it can be taken back.

        Raises:
            EntryNotFoundError: If nothing is kept of it.
        """
        return self._perform(_wire.history(self._core.place(namespace), entry_id, limit))

    def neighbours(
        self, entry_id: str, /, *, count: int = 2, namespace: str | None = None
    ) -> models.Neighbours:
        """Up to *count* entries before and after this one in its session."""
        return self._perform(_wire.neighbours(self._core.place(namespace), entry_id, count))

    def update(
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
        """Change the fields named; `None` clears one.

        Raises:
            EntryNotFoundError: If it is not there.
            VersionConflictError: If it is no longer at `if_version`.
        """
        write = self._core.write(idempotency_key, if_version)
        place = self._core.place(namespace)
        return self._perform(_wire.update(place, entry_id, changes, embed, write))

    def list(
        self,
        *,
        filter: models.FilterSpec | None = None,
        order: models.ListOrder = "written",
        limit: int | None = None,
        cursor: str | None = None,
        as_of: models.Moment | None = None,
        namespace: str | None = None,
    ) -> models.Page:
        """One page of entries; hand its `next_cursor` back for the next.

        With *as_of* they are those of then, as they were, as far as that is kept.
        """
        place = self._core.place(namespace)
        return self._perform(
            _wire.page(place, filter=filter, order=order, limit=limit, cursor=cursor, as_of=as_of)
        )

    def iterate(
        self,
        *,
        filter: models.FilterSpec | None = None,
        order: models.ListOrder = "written",
        as_of: models.Moment | None = None,
        namespace: str | None = None,
    ) -> Iterator[models.Entry]:
        """Every entry, fetched page by page as they are taken."""
        cursor = None
        while True:
            page = self.list(
                filter=filter, order=order, cursor=cursor, as_of=as_of, namespace=namespace
            )
            yield from page.entries
            if (cursor := page.next_cursor) is None:
                return

    def sessions(
        self, *, limit: int | None = None, cursor: str | None = None, namespace: str | None = None
    ) -> models.SessionPage:
        """One page of sessions, by name."""
        place = self._core.place(namespace)
        return self._perform(_wire.sessions(place, limit=limit, cursor=cursor))

    def session(
        self,
        session: str,
        /,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        namespace: str | None = None,
    ) -> models.Page:
        """One page of a session's entries, in turn order."""
        place = self._core.place(namespace)
        return self._perform(_wire.session(place, session, limit=limit, cursor=cursor))

    def namespaces(self) -> tuple[models.NamespaceSummary, ...]:
        """Every namespace, by name."""
        return self._perform(_wire.namespaces())

    def configure_namespace(
        self,
        name: str,
        settings: models.NamespaceSettings,
        /,
        *,
        idempotency_key: str | None = None,
    ) -> str:
        """Create a namespace or change those of its settings that are named.

        They are `language` and `expiry_days`, such as `{"note": 30}`.

        Returns the service's position after it.
        """
        write = self._core.write(idempotency_key)
        return self._perform(_wire.configure_namespace(name, settings, write))

    def drop_namespace(self, name: str, /, *, idempotency_key: str | None = None) -> models.Dropped:
        """Forget a namespace and all it holds.

        Raises:
            NamespaceNotFoundError: If it is not there.
        """
        return self._perform(_wire.drop_namespace(name, self._core.write(idempotency_key)))

    def make_backup(self) -> models.Backup:
        """Let the daemon copy its store at one position, to be read in parts.

        It answers once the copy is made: after minutes where the store is large.

        Raises:
            ConflictError: If another backup is being read.
        """
        return self._perform(_wire.make_backup())

    def read_backup(self, backup: str, offset: int, /) -> bytes:
        """The database of a backup from a byte on, some MiB of it; empty at its end.

        Raises:
            NotFoundError: If the daemon does not hold it any more.
        """
        return self._perform(_wire.read_backup(backup, offset))

    def drop_backup(self, backup: str, /) -> None:
        """Let the daemon give a backup up; one that is gone is no error."""
        self._perform(_wire.drop_backup(backup))

    def compact(self) -> models.Compacted:
        """Let the daemon write its store anew, without what is no more; minutes for a large one."""
        return self._perform(_wire.compact())

    def status(self) -> models.Status:
        """The first node that answers, in figures: its role, its model, how much it holds."""
        return self._perform(_wire.status())

    def reembed(self) -> models.Reembed | None:
        """Have the service look into its data folder which model is to serve.

        Returns how far that model is, `None` where none is on its way.  `memory-service reembed`
        names the model there; no request does.
        """
        return self._perform(_wire.reembed()).reembed

    def ready(self) -> bool:
        """Whether a node takes requests; asked once, and false when nobody listens."""
        try:
            return self._perform(_wire.ready())
        except _wire.NOT_READY:
            return False

    def close(self) -> None:
        """Close the connections; further calls raise `ClientClosedError`.  Twice is once."""
        self._core.close()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._core!r}"

    def _perform(self, call: _wire.Call[T]) -> T:
        exchange = self._core.exchange(call)
        result: T = retrying(exchange)(self._round, exchange)
        return result

    def _round(self, exchange: Exchange[T]) -> T:
        """Ask the addresses in order until one takes the call."""
        for endpoint in exchange.endpoints:
            try:
                return exchange.result(send(self._http, exchange.outgoing(endpoint)))
            except errors.MemoryClientError as error:
                if not exchange.goes_on(endpoint, error):
                    raise
        raise exchange.exhausted()
