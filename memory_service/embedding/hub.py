"""The model hub: its cache on this machine, and its server; the only importer of its client."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from memory_service.errors import ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.embedding.catalogue import KnownModel

    #: Called with bytes done and bytes in all; the latter grows while files are being found.
    Progress = Callable[[int, int], None]

_log = logging.getLogger(__name__)

_FILES = (
    "config.json",
    "modules.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "1_Pooling/config.json",
)
#: What is downloaded of a model: what it needs, and what it may have beside.
WANTED = (*_FILES, "sentence_bert_config.json", "special_tokens_map.json", "vocab.txt")


class Hub(Protocol):
    """Where known models can be had beside this machine's folders."""

    def cached(self, model: KnownModel) -> Path | None:
        """The folder of the hub's local cache with this revision, if all of it is there."""
        ...

    def silence(self, model: KnownModel, seconds: float) -> str:
        """Why the hub gives no sign of life within *seconds*; empty if it does."""
        ...

    def fetch(self, model: KnownModel, folder: Path, progress: Progress | None) -> None:
        """Download the model's files into an existing empty folder; nothing else.

        Raises:
            ModelNotFoundError: If the hub does not give them.
        """
        ...


class HuggingFaceHub:
    """The hub named by `HF_ENDPOINT` and its cache; `HF_HUB_OFFLINE` keeps it from reaching out.

    Both variables, like a proxy's, are read by the hub's own client.

    Args:
        endpoint: Another address of the hub; for tests.
        cache: Another cache folder; for tests.
    """

    def __init__(self, *, endpoint: str | None = None, cache: Path | None = None) -> None:
        self._endpoint = endpoint
        self._cache = cache

    def cached(self, model: KnownModel) -> Path | None:
        """The folder of the hub's local cache with this revision, if all of it is there."""
        from huggingface_hub import try_to_load_from_cache

        found = [
            try_to_load_from_cache(model.name, name, cache_dir=self._cache, revision=model.revision)
            for name in _FILES
        ]
        return Path(str(found[0])).parent if all(isinstance(one, str) for one in found) else None

    def silence(self, model: KnownModel, seconds: float) -> str:
        """Why the hub gives no sign of life within *seconds*; empty if it does.

        Asked in a thread, since looking up a host's name cannot be given a time limit.
        """
        from huggingface_hub import constants

        if constants.HF_HUB_OFFLINE:
            return "HF_HUB_OFFLINE is set"
        answers: list[str] = []
        thread = threading.Thread(
            target=self._ask, args=(model, seconds, answers), name="hub-probe", daemon=True
        )
        thread.start()
        thread.join(seconds)
        return answers[0] if answers else f"the hub did not answer within {seconds:g} s"

    def fetch(self, model: KnownModel, folder: Path, progress: Progress | None) -> None:
        """Download the model's files into an existing empty folder; nothing else.

        Without *progress* the hub's client shows a bar of its own on a terminal.

        Raises:
            ModelNotFoundError: If the hub does not give them.
        """
        import httpx2
        from huggingface_hub import snapshot_download

        try:
            snapshot_download(
                model.name,
                revision=model.revision,
                local_dir=folder,
                allow_patterns=list(WANTED),
                endpoint=self._endpoint,
                tqdm_class=_bar(progress),
                # One after the other: nearly all of it is one file, and counting stays simple.
                max_workers=1,
            )
        except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as error:
            raise ModelNotFoundError(
                f"{model.name} could not be downloaded ({type(error).__name__}); "
                "try again, or place it by hand as models/README.md says"
            ) from error
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise ModelNotFoundError(
                f"the hub's {model.name} lacks {', '.join(missing)}; "
                "place it by hand as models/README.md says"
            )

    def _ask(self, model: KnownModel, seconds: float, answers: list[str]) -> None:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        try:
            url = hf_hub_url(
                model.name, _FILES[0], revision=model.revision, endpoint=self._endpoint
            )
            get_hf_file_metadata(url, timeout=seconds, endpoint=self._endpoint)
        except Exception as error:  # noqa: BLE001  # the thread's boundary: any failure is silence
            _log.info("the model hub cannot be reached: %s", type(error).__name__)
            answers.append(f"the hub cannot be reached ({type(error).__name__})")
        else:
            answers.append("")


def _bar(progress: Progress | None) -> type[Any]:
    """A progress bar class as the hub's client wants it, which reports or shows the bytes."""
    from huggingface_hub.utils.tqdm import tqdm

    class _Bar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            # Of the client's bars, the one of the bytes written.
            self._counts = kwargs.get("name") == "huggingface_hub.snapshot_download"
            self._done = 0
            if progress is not None or not self._counts:
                kwargs["disable"] = True
            super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # theirs has no types

        def update(self, n: float | None = 1) -> bool | None:
            self._done += int(n or 0)
            if progress is not None and self._counts:
                progress(self._done, int(self.total or 0))
            shown: bool | None = super().update(n)
            return shown

    return _Bar
