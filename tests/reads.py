"""What a thread reads from the disk."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def reads_of(folder: Path) -> Iterator[list[str]]:
    """The files and folders below `folder` that this thread opens, for the block."""
    found: list[str] = []
    here = threading.get_ident()
    watching = True

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in ("open", "os.scandir", "os.listdir"):
            path = str(arguments[0])
            if path.startswith(str(folder)) and threading.get_ident() == here:
                found.append(path)

    sys.addaudithook(note)
    try:
        yield found
    finally:
        watching = False
