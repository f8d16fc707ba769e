"""What has to stay the same for a store's vectors and postings to stay right."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from memory_service.index.analyser import ANALYSER_VERSION
from memory_service.model.entry import KEY_TEMPLATE_VERSION

if TYPE_CHECKING:
    from memory_service.protocols import EmbedderIdentity


def fingerprint(identity: EmbedderIdentity | None) -> str:
    """Twelve hex digits over embedder, key template and analyser; `None` is no embedder."""
    parts = [asdict(identity) if identity else None, KEY_TEMPLATE_VERSION, ANALYSER_VERSION]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
