"""What this machine offers a process: cores and folders."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from aetui.errors import BadInput, printable


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_dir() -> Path:
    """aetui's folder in the user's cache, on each system where it belongs.

    A user without a home (a container's bare uid) has one below the temporary folder.
    """
    try:
        return platformdirs.user_cache_path("aetui", appauthor=False)
    except RuntimeError:
        return Path(os.environ.get("TMPDIR", "/tmp")) / f"aetui-{os.getuid()}"  # noqa: S108


def default_data_dir() -> Path:
    """AETUI_DATA_DIR, else the cache folder."""
    if given := os.environ.get("AETUI_DATA_DIR"):
        return expand_home(Path(given))
    return cache_dir()


def expand_home(path: Path) -> Path:
    """`path` with the home folder for a "~" that no shell replaced, as in --runs=~/x."""
    try:
        return path.expanduser()
    except RuntimeError:
        problem = f"{printable(str(path))} cannot be found, because no home folder is known"
        raise BadInput(f"{problem}; write the whole path.") from None
