"""Images that take long to prepare, kept as one array file in the user's cache folder."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from aetui.machine import cache_dir
from aetui.ml.data.images import Tell
from aetui.runs.directory import write_atomically

KEPT: Final = 8  # data sets: those that were used last
SUFFIX: Final = ".npz"

Arrays = dict[str, NDArray[Any]]
Made = tuple[Arrays, dict[str, Any]]
"""Arrays by name, and what is noted beside them, as JSON can hold it."""


def cache_path(kind: str, key: str) -> Path:
    """Where the arrays of that kind and key are kept."""
    return cache_dir() / "arrays" / f"{kind}-{key}{SUFFIX}"


def load_arrays(path: Path, names: Sequence[str]) -> Made | None:
    """The arrays of those names and what was noted beside them; None where `path` is not usable.

    Unpacked, as it is written, a file of 500 MB is read in 0.3 s.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names}
            noted = json.loads(str(file["noted"]))
        path.touch()
    except (OSError, LookupError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return arrays, noted


def save_arrays(path: Path, arrays: dict[str, NDArray[Any]], noted: dict[str, Any]) -> str:
    """Keep those arrays. Returns the reason where that fails, else "": the cache is optional."""
    kept: dict[str, Any] = {**arrays, "noted": np.array(json.dumps(noted))}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: np.savez(file, **kept))
        _prune(path)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def fetch_or_make(path: Path, names: Sequence[str], make: Callable[[], Made], tell: Tell) -> Made:
    """What `path` holds; else what `make` makes, kept in `path` for the next time."""
    if (found := load_arrays(path, names)) is not None:
        return found
    with one_maker(path, tell):
        if (found := load_arrays(path, names)) is not None:
            return found
        made = make()
        if refusal := save_arrays(path, *made):
            tell(f"these images will be read again next time: no cache ({refusal})")
    return made


def _prune(newest: Path) -> None:
    """Remove all but the KEPT files of the kind of `newest` that were used last."""
    kind = newest.name.rpartition("-")[0]
    files = [*newest.parent.glob(f"{kind}-*{SUFFIX}")]
    by_use = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_use[KEPT:]:
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)


@contextmanager
def one_maker(path: Path, tell: Tell) -> Iterator[None]:
    """Only one process at a time makes what `path` is to hold; the others wait, then read it.

    Without locks on that file system, or without a folder that can be written, each makes its own.
    """
    lock = FileLock(path.with_suffix(".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell("another process is reading these images; waiting for it")
            lock.acquire()
    except (OSError, NotImplementedError):
        yield
        return
    try:
        yield
    finally:
        lock.release()
