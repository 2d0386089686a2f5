"""The lock of a run: one trainer at a time, and everyone can see which."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aetui.errors import BadInput

LOCK: Final = "lock"
TRIES: Final = 10  # a viewer that asks who holds the lock holds it for microseconds itself
MOST_DIGITS: Final = 9  # of a pid; anything longer is rubbish


@contextmanager
def hold_lock(run: Path) -> Iterator[None]:
    """Hold the run's lock, with our pid in it; `BadInput` names the process that has it already."""
    path = run / LOCK
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        cure = "choose a writable folder with --runs"
        raise BadInput(f"{path} cannot be opened ({error.strerror}); {cure}.") from None
    try:
        _acquire(file, path)
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            cure = "make room there, or choose another --runs"
            raise BadInput(f"{path} cannot be written ({error.strerror}); {cure}.") from None
        yield
    finally:
        os.close(file)  # and with it the lock


def _acquire(file: int, path: Path) -> None:
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError as error:
            cure = "choose a file system with locks, with --runs"
            raise BadInput(f"{path} cannot be locked ({error.strerror}); {cure}.") from None
        else:
            return
    pid = _read_pid(file)
    holder = f"process {pid}" if pid else "another process"
    cure = "stop that one first, or start a new run"
    raise BadInput(f"{path.parent.name} is being trained by {holder} already; {cure}.")


def lock_holder(run: Path) -> int | None:
    """The pid of the trainer that holds the lock; 0 where it wrote none, None without a holder."""
    try:
        file = os.open(run / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(file)
    except OSError:
        return None
    finally:
        os.close(file)
    return None


def _read_pid(file: int) -> int:
    text = os.pread(file, 32, 0).strip()
    return int(text) if text.isdigit() and len(text) <= MOST_DIGITS else 0
