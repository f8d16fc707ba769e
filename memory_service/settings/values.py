"""Every setting: its default, its meaning and what it may be."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

from memory_service.errors import ConfigurationError
from memory_service.settings.kinds import (
    Choice,
    Failpoints,
    Folder,
    Kind,
    ModelName,
    Name,
    Number,
    Size,
    Switch,
)

#: The languages whose words can be stemmed.
# fmt: off
LANGUAGES = (
    "arabic", "armenian", "basque", "catalan", "czech", "danish", "dutch", "english", "esperanto",
    "estonian", "finnish", "french", "german", "greek", "hindi", "hungarian", "indonesian",
    "irish", "italian", "lithuanian", "nepali", "norwegian", "persian", "polish", "portuguese",
    "romanian", "russian", "serbian", "sesotho", "spanish", "swedish", "tamil", "turkish",
    "yiddish",
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a daemon runs with; a value outside its range is a `ConfigurationError`.

    The meaning of each is the text beside it, which `docs/settings.md` repeats.
    """

    data_folder: Annotated[
        Path, Folder(), "Where everything is kept: the store, the indexes, the access key."
    ]
    host: Annotated[str, Name(), "The address to listen on; only loopback is accepted."] = (
        "127.0.0.1"
    )
    port: Annotated[
        int, Number(low=0, high=65535, whole=True), "The port to listen on; 0 takes a free one."
    ] = 1933
    unix_socket: Annotated[
        bool,
        Switch(),
        "Whether to listen on `daemon.sock` in the data folder as well, for its owner alone.",
    ] = True
    model: Annotated[
        str,
        ModelName(),
        "The model that embeds. `auto` takes the store's own, or for an empty store the first "
        "that is to be had; `hashing` knows no meanings and is for tests alone.",
    ] = "auto"
    models_folder: Annotated[
        Path | None, Folder(), "One more folder to look for models in, before all others."
    ] = None
    allow_download: Annotated[
        bool, Switch(), "Whether a model that is not on this machine may be downloaded."
    ] = True
    hub_probe_seconds: Annotated[
        float,
        Number(low=0.1, high=3),
        "How long to wait for a sign of the model hub before doing without it.",
    ] = 3.0
    precision: Annotated[
        str,
        Choice(words=("auto", "int8", "fp32", "stock")),
        "What the model runs in: compiled to 8-bit integers or to 32-bit numbers, or `stock`, by "
        "sentence-transformers as it is. `auto` takes the first of these that comes close enough "
        "to `stock`; another one is taken or the daemon does not start.",
    ] = "auto"
    compiled_folder: Annotated[
        Path | None,
        Folder(),
        "Where compiled models are kept; by default in the data folder. Several daemons may share "
        "one.",
    ] = None
    model_threads: Annotated[
        int,
        Number(low=0, high=1024, whole=True),
        "Threads of the model; 0 takes what the processor has.",
    ] = 0
    embed_batch: Annotated[
        int,
        Number(low=1, high=1024, whole=True),
        "The most texts that are given to the model at once.",
    ] = 64
    embed_cache_entries: Annotated[
        int,
        Number(low=0, high=1_000_000, whole=True),
        "How many questions keep their vectors in memory, so that a repeat costs nothing; 4096 "
        "of 768 dimensions take 13 MB.",
    ] = 4096
    language: Annotated[
        str,
        Choice(words=LANGUAGES),
        "The language of a namespace that names none; decides how words are stemmed.",
    ] = "english"
    bm25_k1: Annotated[
        float, Number(low=0, high=10), "How much a word's repetition counts in the lexical leg."
    ] = 0.9
    bm25_b: Annotated[
        float, Number(low=0, high=1), "How much an entry's length counts in the lexical leg."
    ] = 0.4
    other_scripts_weight: Annotated[
        float,
        Number(low=0, high=1),
        "The dense leg's share for queries not in Latin script; 1 for a multilingual model.",
    ] = 0.1
    time_weight: Annotated[
        float,
        Number(low=0, high=1),
        "How far an entry of the time that a query names is raised.",
    ] = 0.2
    cut_worth: Annotated[
        float,
        Number(low=0, high=1),
        "How likely an entry of usual length must be to be among the hits.",
    ] = 0.01
    depth: Annotated[
        int, Number(low=10, high=1000, whole=True), "How many candidates each leg brings."
    ] = 64
    reranker: Annotated[
        Path | None,
        Folder(),
        "A folder with a cross-encoder that looks at the leading candidates once more; none by "
        "default.",
    ] = None
    reranker_depth: Annotated[
        int,
        Number(low=2, high=100, whole=True),
        "How many leading candidates the reranker looks at.",
    ] = 20
    reranker_weight: Annotated[
        float,
        Number(low=0.05, high=0.95),
        "The reranker's share in the order of those.",
    ] = 0.3
    exact_limit: Annotated[
        int,
        Number(low=0, high=10_000_000, whole=True),
        "Up to how many vectors a namespace is searched exactly.",
    ] = 10_000
    flat_limit: Annotated[
        int,
        Number(low=0, high=10_000_000, whole=True),
        "Up to how many a search looks at the codes of all; above, at lists of them.",
    ] = 65_536
    growing_limit: Annotated[
        int,
        Number(low=1, high=1_000_000, whole=True),
        "How many new vectors of a namespace are searched exactly beside its codes.",
    ] = 4_096
    vector_cache_megabytes: Annotated[
        int,
        Number(low=0, high=1_000_000, whole=True),
        "The most memory for vectors that are searched exactly, of all namespaces together.",
    ] = 64
    duckdb_memory_limit: Annotated[
        str,
        Size(),
        "The most memory the store takes; the log of a crash must fit at the next start.",
    ] = "2GB"
    duckdb_threads: Annotated[int, Number(low=1, high=256, whole=True), "Threads of the store."] = 1
    checkpoint_threshold: Annotated[
        str, Size(), "How large the store's write-ahead log grows before it is folded in."
    ] = "256MB"
    idempotency_hours: Annotated[
        int,
        Number(low=1, high=720, whole=True),
        "How long a write's idempotency key is remembered.",
    ] = 24
    history_versions: Annotated[
        int,
        Number(low=0, high=1000, whole=True),
        "How many earlier versions of an entry are kept; 0 keeps none.",
    ] = 10
    undo_hours: Annotated[
        float,
        Number(low=0, high=8760),
        "How long what was forgotten can be taken back, and is kept for that; 0 keeps nothing.",
    ] = 24.0
    maintenance_seconds: Annotated[
        float,
        Number(low=1, high=3600),
        "How often expired entries are swept and indexes merged, when idle.",
    ] = 30.0
    disk_warn_percent: Annotated[
        float,
        Number(low=0, high=100),
        "From how full a disk on the log and the status warn; 0 never does.",
    ] = 85.0
    disk_refuse_percent: Annotated[
        float,
        Number(low=0, high=100),
        "From how full a disk on nothing more is stored; forgetting and recalls go on. 0: until "
        "there is no room at all.",
    ] = 95.0
    reserve_megabytes: Annotated[
        int,
        Number(low=0, high=100_000, whole=True),
        "Room that is set aside on the disk, so that what was stored can be tidied up when there "
        "is no other; 0 keeps none.",
    ] = 64
    failpoint: Annotated[
        str | None,
        Failpoints(),
        "For tests of durability alone: where the process ends or fails; see "
        "`memory_service/failpoints.py`.",
    ] = None
    log_level: Annotated[
        str, Choice(words=("debug", "info", "warning", "error")), "How much is logged."
    ] = "info"

    def __post_init__(self) -> None:
        """Refuse a value that its setting does not allow."""
        for setting in all_settings():
            value = getattr(self, setting.key)
            if value is not None or setting.default is not None or setting.required:
                # A "~" should have been replaced by now; with this home it is a relative path.
                setting.read(value, source="given in code", home=Path())


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as its readers need it; `required` if there is no constant default."""

    key: str
    kind: Kind
    meaning: str
    default: object
    required: bool

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"MEMORY_SERVICE_{self.key.upper()}"

    @property
    def flag(self) -> str:
        """Its flag on the command line."""
        return "--" + self.key.replace("_", "-")

    def read(self, value: object, *, source: str, home: Path) -> object:
        """Give the value as `Settings` keeps it.

        Raises:
            ConfigurationError: Naming the key, the source and what is allowed.
        """
        try:
            return self.kind.read(value, home)
        except ValueError as error:
            raise ConfigurationError(
                f"{self.key} is {value!s} ({source}); allowed is {self.kind.allowed}.",
                field=self.key,
            ) from error


@cache
def all_settings() -> tuple[Setting, ...]:
    """Every setting, in the order of `Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    described = []
    for field in fields(Settings):
        _, kind, meaning = get_args(hints[field.name])
        required = field.name == "data_folder"
        described.append(
            Setting(
                key=field.name,
                kind=kind,
                meaning=meaning,
                default=None if required else field.default,
                required=required,
            )
        )
    return tuple(described)
