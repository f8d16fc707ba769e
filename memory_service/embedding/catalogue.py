"""The models this service knows by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model and the version of it that is used.

    `sha256` is the hash its weights must have, in hex; empty where none is pinned.
    """

    name: str
    revision: str
    sha256: str
    dimensions: int
    window: int
    licence: str
    megabytes: int

    @property
    def folder_name(self) -> str:
        """The folder a download goes to: `owner--name@revision`."""
        return f"{self.name.replace('/', '--')}@{self.revision}"


#: What an empty store is filled with, wherever it can be had.
DEFAULT = KnownModel(
    name="thenlper/gte-base",
    revision="c078288308d8dee004ab72c6191778064285ec0c",
    sha256="",
    dimensions=768,
    window=512,
    licence="MIT",
    megabytes=219,
)

#: What the offline extra carries.
OFFLINE = KnownModel(
    name="sentence-transformers/all-MiniLM-L6-v2",
    revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    dimensions=384,
    window=256,
    licence="Apache-2.0",
    megabytes=91,
)

KNOWN = (DEFAULT, OFFLINE)


def find_known(name: str) -> KnownModel | None:
    """The known model of this name, with or without its owner; letter case does not matter."""
    asked = name.casefold()
    for model in KNOWN:
        full = model.name.casefold()
        if asked in (full, full.rpartition("/")[2]):
            return model
    return None


def find_by_weights(sha256: str) -> KnownModel | None:
    """The known model whose weights are pinned to this hash."""
    return next((model for model in KNOWN if model.sha256 and model.sha256 == sha256), None)
