"""Finding a model for the settings, and getting it ready to serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory_service.data_folder import fulfil_wish, wished_model
from memory_service.embedding.batching import BatchingEmbedder
from memory_service.embedding.places import compiled_models, models_folders
from memory_service.embedding.probe import cached_floor
from memory_service.embedding.resolve import ModelChoice, ResolvedModel, resolve_model
from memory_service.embedding.search import AUTO
from memory_service.embedding.serving import Running
from memory_service.engine.next_models import LoadedModel
from memory_service.engine.requests import ModelState, ModelStatus
from memory_service.errors import ModelNotFoundError
from memory_service.fitted.loading import load_fitted
from memory_service.retrieval.ranking import RankingOptions

if TYPE_CHECKING:
    from memory_service.protocols import EmbedderIdentity
    from memory_service.settings import Settings


def model_choice(settings: Settings, name: str, bound: EmbedderIdentity | None) -> ModelChoice:
    """What to look for under *name*, for a store that *bound* filled."""
    extra = (settings.models_folder,) if settings.models_folder else ()
    return ModelChoice(
        name=name,
        bound=bound,
        folders=(*extra, *models_folders(settings.data_folder)),
        downloads=settings.data_folder / "models" if settings.allow_download else None,
        probe_seconds=settings.hub_probe_seconds,
        running=Running(
            threads=settings.model_threads,
            precision=settings.precision,
            compiled=settings.compiled_folder or compiled_models(settings.data_folder),
        ),
    )


def serving_choice(settings: Settings, bound: EmbedderIdentity | None) -> ModelChoice:
    """What to look for to serve a store.

    While another model is on its way to a store, it is served by the one that filled it, whatever
    the settings name: often they name the one on its way.
    """
    on_its_way = bound is not None and wished_model(settings.data_folder)
    return model_choice(settings, AUTO if on_its_way else settings.model, bound)


def batching(model: ResolvedModel, settings: Settings) -> BatchingEmbedder | None:
    """The model behind lanes for questions and for what can wait; `None` where there is none."""
    if model.embedder is None:
        return None
    return BatchingEmbedder(
        model.embedder,
        max_batch=settings.embed_batch,
        cache_entries=settings.embed_cache_entries,
    )


def model_status(model: ResolvedModel) -> ModelStatus:
    """What is to be said of it."""
    present = model.embedder is not None
    tried = f"  Looked into: {'; '.join(model.tried)}." if model.tried and not present else ""
    return ModelStatus(
        identity=model.embedder.identity if model.embedder else None,
        source=model.source,
        state=ModelState.READY if present else ModelState.MISSING,
        detail=model.detail + tried,
    )


def ranking_options(settings: Settings, model: EmbedderIdentity | None) -> RankingOptions:
    """How candidates are weighed under a model."""
    fitted = load_fitted()
    return RankingOptions(
        weights=fitted.weights,
        relevance=fitted.relevance,
        evidence=fitted.evidence,
        time_weight=settings.time_weight,
        other_scripts_weight=settings.other_scripts_weight,
        calibration=fitted.calibration(model.sha256 if model else ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedModels:
    """All of `NextModels`: the wish stands in the data folder, where its owner alone can put it."""

    settings: Settings

    def wanted(self) -> str:
        """Which model is to serve; see `NextModels`."""
        return wished_model(self.settings.data_folder)

    def load(self, name: str) -> LoadedModel:
        """Load it; see `NextModels`."""
        model = resolve_model(model_choice(self.settings, name, None))
        embedder = batching(model, self.settings)
        if embedder is None:
            raise ModelNotFoundError(model.detail)
        return LoadedModel(
            embedder=embedder,
            patient=embedder.patient,
            status=model_status(model),
            floor=cached_floor(embedder, self.settings.data_folder / "cache"),
            ranking=ranking_options(self.settings, embedder.identity),
            asked=embedder.asked,
        )

    def fulfilled(self, name: str) -> None:
        """It serves now; see `NextModels`."""
        fulfil_wish(self.settings.data_folder, name)
