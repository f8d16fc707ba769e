"""Where models are kept compiled between runs, so that a fresh data folder need not wait."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import memory_service.embedding

_MAKERS = ("exporting.py", "quantising.py", "compile_child.py", "agreement.py")


def machines_folder() -> Path:
    """A folder for this user and for the code that compiles as it is now.

    Other code has another folder, so that nothing is measured or tested on what the code of
    yesterday made.
    """
    embedding = Path(memory_service.embedding.__file__).parent
    code = hashlib.sha256(b"".join((embedding / name).read_bytes() for name in _MAKERS))
    name = f"memory-service-compiled-{os.getuid()}-{code.hexdigest()[:16]}"
    return Path(tempfile.gettempdir()) / name
