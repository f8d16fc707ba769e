"""A model hub that reaches out to nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memory_service.errors import ModelNotFoundError
from tests.support.models import write_model_files

if TYPE_CHECKING:
    from pathlib import Path

    from memory_service.embedding.catalogue import KnownModel
    from memory_service.embedding.hub import Progress


@dataclass
class FakeHub:
    """A hub with a cache, a reason for silence and the weights it gives; notes what is asked."""

    cache: Path | None = None
    reason: str = ""
    weights: bytes = b"default weights"
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    def cached(self, model: KnownModel) -> Path | None:
        self.asked.append(f"cached {model.name}")
        return self.cache

    def silence(self, model: KnownModel, seconds: float) -> str:
        self.asked.append(f"silence {model.name} {seconds:g}")
        return self.reason

    def fetch(self, model: KnownModel, folder: Path, progress: Progress | None) -> None:
        self.asked.append(f"fetch {model.name}")
        write_model_files(
            folder, weights=self.weights, dimensions=model.dimensions, window=model.window
        )
        if progress is not None:
            progress(7, 10)
        if self.broken:
            raise ModelNotFoundError("the line was cut; try again")
