"""The daemon as it ships, but for something around its model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from memory_service import app
from memory_service.settings import load_settings, read_settings_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from memory_service.protocols import Embedder


def serve_wrapped(wrap: Callable[[Embedder], Embedder]) -> None:
    """Serve until stopped, every setting from the environment, as for `memory-service serve`."""
    file = read_settings_file(None, os.environ)
    settings = load_settings(flags={}, environ=os.environ, file=file).settings
    app.serve(settings, wrap=wrap)
