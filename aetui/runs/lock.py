"""The lock of a run: one trainer at a time, and everyone can see which."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from aetui.errors import BadInput
from aetui.runs.heartbeat import FRESH, Beat, Heartbeat, read_beat
from aetui.runs.machine_use import MachineUse

LOCK: Final = "lock"
TRIES: Final = 10  # a viewer holds the lock for microseconds to find out who has it
MOST_DIGITS: Final = 9  # of a pid; anything longer is not one
DESCRIPTORS: Final = Path("/proc/self/fd")


class RunLost(Exception):
    """The run's folder was deleted, or is another trainer's by now; nothing may be written."""


class RunFolder:
    """A run's folder for a process that only reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """The folder under the name that it has now."""
        return self._path

    @property
    def here(self) -> Path:
        """A path to the folder whatever its name is."""
        return self._path

    def check(self) -> None:
        """`RunLost` where this process may no longer write to the folder."""


class HeldRun(RunFolder):
    """A run's folder that this process writes to, whatever its name becomes."""

    def __init__(self, path: Path, folder: int, lock: int) -> None:
        """`folder` and `lock` are descriptors of the folder and of the lock in it."""
        super().__init__(path)
        self._folder = folder
        self._lock = lock

    @property
    def here(self) -> Path:
        if DESCRIPTORS.is_dir():
            return DESCRIPTORS / str(self._folder)
        if hasattr(fcntl, "F_GETPATH"):  # macOS
            path: bytes = fcntl.fcntl(self._folder, fcntl.F_GETPATH, bytes(1024))
            return Path(os.fsdecode(path.rstrip(b"\0")))
        return self._path

    @property
    def path(self) -> Path:
        try:
            if os.path.samestat(self._path.stat(), os.fstat(self._folder)):
                return self._path
        except OSError:
            pass
        here = self.here
        if here.is_symlink() and os.fstat(self._folder).st_nlink:
            return here.readlink()
        return self._path  # deleted, or of a system that does not tell

    @property
    def is_ours(self) -> bool:
        """Whether the lock in the folder is still the one that this process holds."""
        try:
            found = os.stat(LOCK, dir_fd=self._folder)
        except OSError:
            return False
        return os.path.samestat(found, os.fstat(self._lock))

    def check(self) -> None:
        if not self.is_ours:
            name = self._path.name
            what = f"the folder of {name} was deleted, or holds another training by now"
            raise RunLost(f"{what}; this one ends, and the steps since its last save are lost.")


@contextmanager
def hold_lock(
    run: Path,
    tell: Callable[[str], None] = lambda _: None,
    measure: Callable[[], MachineUse] | None = None,
) -> Iterator[HeldRun]:
    """Hold the run's lock, with our pid in it; `BadInput` names the trainer that has it already.

    `tell` is given a sentence where a trainer on another machine may still live, which takes
    FRESH seconds to find out. What `measure` returns goes out with each heartbeat.
    """
    path = run / LOCK
    with ExitStack() as opened:
        try:
            folder = os.open(run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, folder)
            lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666, dir_fd=folder)
            opened.callback(os.close, lock)  # and with it the lock
        except OSError as error:
            cure = "choose a writable folder with --runs"
            raise BadInput(f"{path} cannot be opened ({error.strerror}); {cure}.") from None
        _acquire(lock, path)
        held = HeldRun(run, folder, lock)
        if not held.is_ours:
            raise BadInput(f"{run} was deleted a moment ago; start again.")
        _refuse_trainer_elsewhere(held, tell)
        try:
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            cure = "make room there, or choose another --runs"
            raise BadInput(f"{path} cannot be written ({error.strerror}); {cure}.") from None
        heartbeat = Heartbeat(folder, lambda: held.is_ours, measure)
        heartbeat.start()
        opened.callback(heartbeat.stop)
        yield held


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


def _refuse_trainer_elsewhere(held: HeldRun, tell: Callable[[str], None]) -> None:
    """`BadInput` where the heartbeat is of a trainer that lives, though its lock is not seen here.

    Clocks differ between machines, so a process that cannot be asked for is waited for.
    """
    beat = read_beat(held.here)
    if beat is None or beat.is_of_this_process or beat.is_alive is False:
        return
    if beat.is_alive:
        raise _trained_elsewhere(held, beat)
    if not beat.is_recent:
        return
    name = held.path.name
    tell(f"{name} was being trained on {beat.host}: waiting up to {FRESH:.0f} s for a sign of life")
    end = time.monotonic() + FRESH
    while time.monotonic() < end:
        time.sleep(0.5)
        newer = read_beat(held.here)
        if newer is None:  # it has ended
            return
        if newer != beat:
            raise _trained_elsewhere(held, newer)


def _trained_elsewhere(held: HeldRun, beat: Beat) -> BadInput:
    where = f"on {beat.host} by process {beat.pid}"
    cure = "stop it there first, or start a new run"
    return BadInput(f"{held.path.name} is being trained {where} already; {cure}.")


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


def trainer_elsewhere(run: Path) -> Beat | None:
    """The heartbeat of a trainer that lives, of a run whose lock nobody seems to hold here."""
    beat = read_beat(run)
    return beat if beat is not None and not beat.is_of_this_process and beat.is_fresh else None


def is_trained(run: Path) -> bool:
    """Whether a trainer has the run, here or elsewhere."""
    return lock_holder(run) is not None or trainer_elsewhere(run) is not None


def _read_pid(file: int) -> int:
    text = os.pread(file, 32, 0).strip()
    return int(text) if text.isdigit() and len(text) <= MOST_DIGITS else 0
