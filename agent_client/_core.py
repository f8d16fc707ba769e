"""What both faces share: defaults, keys, headers, whether they are open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from agent_client._discovery import discover
from agent_client._exchange import Exchange, Terms
from agent_client._wire import Call, Write
from agent_client.errors import ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent_client.models import NewEntry
    from agent_client.policy import RetryPolicy
    from agent_client.seams import Seams

T = TypeVar("T")


class Core:
    """A client without its sockets."""

    def __init__(
        self,
        url: str | Sequence[str] | None,
        api_key: str | None,
        *,
        namespace: str,
        timeout: float,
        retry: RetryPolicy,
        seams: Seams,
    ) -> None:
        target = discover(url, api_key, os.environ)
        self.namespace = namespace
        self.terms = Terms(
            endpoints=target.endpoints,
            headers=_headers(target.api_key),
            timeout=timeout,
            policy=retry,
            seams=seams,
        )
        self._closed = False

    def exchange(self, call: Call[T]) -> Exchange[T]:
        """Begin a call.

        Raises:
            ClientClosedError: If the client was closed.
        """
        if self._closed:
            raise ClientClosedError
        return Exchange(call, self.terms)

    def write(self, key: str | None, if_version: int | None = None) -> Write:
        """A write's name: the caller's key, or a fresh one."""
        name = self.terms.seams.new_key() if key is None else key
        return Write(key=name, if_version=if_version)

    def place(self, namespace: str | None) -> str:
        """The namespace of a call: the one named, or the client's own."""
        return self.namespace if namespace is None else namespace

    def close(self) -> None:
        """Refuse further calls."""
        self._closed = True

    def __repr__(self) -> str:
        urls = ", ".join(endpoint.url for endpoint in self.terms.endpoints)
        return f"({urls!r}, namespace={self.namespace!r})"


def with_details(
    entry: NewEntry | Sequence[NewEntry], details: Mapping[str, object]
) -> NewEntry | Sequence[NewEntry]:
    """A text with its details.

    Raises:
        TypeError: If there are details, but no single text they could belong to.
    """
    if not details:
        return entry
    if not isinstance(entry, str):
        raise TypeError(f"{', '.join(details)}: details go with a text; put them into the entry")
    return {**details, "text": entry}


def _headers(api_key: str | None) -> dict[str, str]:
    headers = {
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "memory-service-client",
    }
    if api_key is not None:
        headers["authorization"] = f"Bearer {api_key}"
    return headers
