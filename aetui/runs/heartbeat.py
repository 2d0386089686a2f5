"""A heartbeat beside the lock, for machines and mounts where the lock cannot be seen."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.errors import printable
from aetui.runs.machine_use import MachineUse, use_from

HEARTBEAT: Final = "heartbeat"
EVERY: Final = 3.0  # seconds
FRESH: Final = 30.0  # seconds without a beat before a trainer is taken for dead
LONG_AGO: Final = 600.0  # seconds; no clock of another machine is that wrong
STOPPED: Final = ("T", "t", "")  # states of a process; "" where /proc does not say
SIZE: Final = 1024  # bytes: a beat overwrites the one before, so that its file stays the same


@dataclass(frozen=True)
class Beat:
    """Who trains a run, and when it last said so."""

    host: str
    pid: int
    processes: str  # names the table of processes that `pid` is a number of
    started: str  # what tells the process from another that later has its pid
    time: float  # unix seconds, by the clock of that machine
    written: float  # unix seconds, by the clock that dates files: here that of a file server
    use: MachineUse | None = None  # of its machine; None in the first seconds

    @property
    def is_alive(self) -> bool | None:
        """Whether its process lives; None where only another machine or container can tell.

        One that lives and does not beat here trains elsewhere: this is a copy of its run. Unless it
        was stopped, by ctrl+z say.
        """
        if self.processes != process_table():
            return None
        state, started = _process(self.pid)
        if started != self.started or not (started or _exists(self.pid)):
            return False
        return state in STOPPED or abs(time.time() - self.time) < FRESH

    @property
    def is_fresh(self) -> bool:
        """Whether the trainer is taken for alive. The clock of its machine may be wrong."""
        if (alive := self.is_alive) is not None:
            return alive
        now = time.time()
        return self.is_recent and min(abs(now - self.time), abs(now - self.written)) < FRESH

    @property
    def is_recent(self) -> bool:
        """False for one so old that only a copied file can hold it."""
        return abs(time.time() - self.time) < LONG_AGO

    @property
    def is_of_this_process(self) -> bool:
        return (self.processes, self.pid) == (process_table(), os.getpid())


def read_beat(run: Path) -> Beat | None:
    """The last beat in the run's folder; None where there is none that can be read."""
    try:
        with (run / HEARTBEAT).open("rb") as file:
            values, written = json.loads(file.read(SIZE)), os.fstat(file.fileno()).st_mtime
        return Beat(
            printable(str(values["host"])),
            int(values["pid"]),
            str(values["processes"]),
            str(values["started"]),
            float(values["time"]),
            written,
            use_from(values.get("use")),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def process_table() -> str:
    """What tells this machine's (and container's) process numbers from those of another."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return platform.node()


def _process(pid: int) -> tuple[str, str]:
    """The state of a process, and when it started in the kernel's ticks.

    Both "" where it is dead or not known.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *fields = stat.rpartition(")")[2].split()
        return ("", "") if state in "ZX" else (state, fields[18])
    except (OSError, ValueError, IndexError):
        return "", ""


def _exists(pid: int) -> bool:
    """Whether there is such a process, where /proc does not say so."""
    if Path("/proc/self").is_dir():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return pid > 0


class Heartbeat:
    """Beats from a thread of its own, for as long as `may_write` allows."""

    def __init__(
        self,
        folder: int,
        may_write: Callable[[], bool],
        measure: Callable[[], MachineUse] | None = None,
    ) -> None:
        """`folder` is a descriptor of the run's folder; `measure` is called in the thread."""
        self._folder = folder
        self._may_write = may_write
        self._measure = measure
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._beat(None)
        self._thread.start()

    def stop(self) -> None:
        """Stop beating, and leave no beat behind."""
        self._stopped.set()
        self._thread.join()
        if self._may_write():
            with suppress(OSError):
                os.unlink(HEARTBEAT, dir_fd=self._folder)

    def _run(self) -> None:
        while not self._stopped.wait(EVERY) and self._may_write():
            self._beat(self._measured())

    def _measured(self) -> MachineUse | None:
        """Its figures; none where measuring fails, which is no reason to be taken for dead."""
        try:
            return self._measure() if self._measure is not None else None
        except Exception:  # noqa: BLE001
            return None

    def _beat(self, use: MachineUse | None) -> None:
        pid = os.getpid()
        beat: dict[str, object] = {
            "host": platform.node(),
            "pid": pid,
            "processes": process_table(),
            "started": _process(pid)[1],
            "time": round(time.time(), 3),
        }
        if use is not None:
            beat["use"] = use.to_object()
        text = json.dumps(beat).encode().ljust(SIZE - 1) + b"\n"
        # Opened anew each time: closing is what sends it to a file server.
        with suppress(OSError):
            file = os.open(
                HEARTBEAT, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666, dir_fd=self._folder
            )
            try:
                os.pwrite(file, text, 0)
            finally:
                os.close(file)
