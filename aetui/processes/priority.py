"""Who gets the CPU first where screen and trainers share it: the kernel's niceness and, on Linux 6.12 or later, its time slices."""

from __future__ import annotations

import os
import platform
import struct
import sys
from typing import Final

TRAINER_NICENESS: Final = 10
# EEVDF serves who wants little soonest. With equal slices a frame, some 8 ms of work, is stopped halfway for a trainer's turn:
# measured, a key took 14 ms beside two trainings, and 8 ms with these.
SCREEN_SLICE: Final = 0.01  # seconds: a whole frame
TRAINER_SLICE: Final = (
    0.1  # the longest there is; a trainer's deadline is then always the later one
)

SCHED_SETATTR: Final = {
    "x86_64": 314,
    "aarch64": 274,
}  # numbers of the system call, which Python does not wrap
# struct sched_attr of sched_setattr(2): size, policy (0: other), flags, nice, priority, runtime (here the slice), deadline, period.
SCHED_ATTR: Final = "<IIQiIQQQ"


def limit_openmp_spin() -> None:
    """Have OpenMP's threads, which torch computes with, spin for microseconds and then sleep while they wait for one another.

    By default they spin for milliseconds. Beside other work each spins on its core while the one that it waits for has none:
    measured beside two busy processes, this trains twice as fast, and just as fast alone. To be called before torch is imported.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")


def prefer_interactive() -> None:
    """Ask that this process, and those it starts, finish a frame without being interrupted."""
    _ask(0, os.getpriority(os.PRIO_PROCESS, 0), SCREEN_SLICE)


def deprioritise(pid: int) -> None:
    """Lower a trainer that has just been started: its threads to come do as it does."""
    niceness = max(
        TRAINER_NICENESS, os.getpriority(os.PRIO_PROCESS, pid)
    )  # who was nicer already may not go back
    os.setpriority(os.PRIO_PROCESS, pid, niceness)
    _ask(pid, niceness, TRAINER_SLICE)


def _ask(pid: int, niceness: int, seconds: float) -> None:
    """Ask for slices of that length. A kernel that knows none, or a sandbox that refuses, leaves all as it was: it is a wish."""
    number = SCHED_SETATTR.get(platform.machine())
    if (
        sys.platform == "linux"
        and number is not None
        and os.sched_getscheduler(pid) == os.SCHED_OTHER
    ):
        import ctypes

        attributes = struct.pack(
            SCHED_ATTR, struct.calcsize(SCHED_ATTR), 0, 0, niceness, 0, round(seconds * 1e9), 0, 0
        )
        ctypes.CDLL(None).syscall(
            ctypes.c_long(number), ctypes.c_int(pid), ctypes.c_char_p(attributes), ctypes.c_uint(0)
        )
