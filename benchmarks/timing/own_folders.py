"""Folders of a script's own: what it measures must neither read nor change what the user keeps."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_folders() -> Iterator[Path]:
    """Settings, cache, runs and log of this script and its children alone, and no way to a network."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        for kind in ("config", "cache", "data", "log"):
            os.environ[f"CAPTIONVIEWER_{kind.upper()}_DIR"] = f"{temporary}/{kind}"
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            os.environ[name] = os.environ[name.upper()] = "http://127.0.0.1:9"
        yield Path(temporary)
