"""A set into a daemon, through the client."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from agent_client import EntryDraft
from memory_service.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent_client import MemoryClient
    from benchmarks.datasets import Dataset
    from memory_service.model import entry


def as_sent(draft: entry.EntryDraft) -> EntryDraft:
    """The same entry as the client takes it."""
    return EntryDraft(**{name.name: getattr(draft, name.name) for name in fields(draft)})


def send(client: MemoryClient, dataset: Dataset) -> Iterator[tuple[str, ...]]:
    """Remember every entry, namespace by namespace; gives the ids of each acknowledged batch.

    Raises:
        InvalidInputError: If the daemon refuses an entry.
        MemoryClientError: If it does not answer; the batches before are stored.
    """
    for namespace, drafts in dataset.by_namespace().items():
        for receipt in client.remember_many(map(as_sent, drafts), namespace=namespace):
            for refused in receipt.rejected:
                code = refused.error.code if refused.error else "unknown"
                raise InvalidInputError(f"entry {refused.id} was refused: {code}")
            yield tuple(outcome.id for outcome in receipt.outcomes)


def send_all(client: MemoryClient, dataset: Dataset, advance: Callable[[int], None]) -> None:
    """Remember every entry, and report each batch."""
    for batch in send(client, dataset):
        advance(len(batch))
