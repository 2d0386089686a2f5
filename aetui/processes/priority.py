"""Which process runs first where screen and trainers share the CPU: niceness and time slices."""

from __future__ import annotations

import os
import platform
import struct
import sys
from typing import Final

TRAINER_NICENESS: Final = 10
# The kernel's scheduler (EEVDF, Linux 6.12 or later) runs the process with the earliest deadline,
# and a deadline is one slice away. With equal slices, a frame (some 8 ms of work) is interrupted
# halfway by a trainer: a key took 14 ms beside two trainings on two cores, and 8 ms with these.
SCREEN_SLICE: Final = 0.01  # seconds: a whole frame
TRAINER_SLICE: Final = 0.1  # seconds, the longest allowed: a trainer's deadline is the later one
SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}  # a system call that Python does not wrap
# struct sched_attr of sched_setattr(2): size, policy (0: other), flags, nice, priority, runtime
# (for this policy, the slice), deadline, period.
SCHED_ATTR: Final = "<IIQiIQQQ"


def limit_openmp_spin() -> None:
    """Have torch's OpenMP threads sleep, not spin, while they wait for one another.

    By default they spin for milliseconds, each on a core that the thread it waits for may need.
    Measured beside two busy processes, training is twice as fast with this, and just as fast alone.
    To be called before torch is imported.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")


def prefer_interactive() -> None:
    """Ask that this process, and those it starts, finish a frame without being interrupted."""
    _request_slice(0, os.getpriority(os.PRIO_PROCESS, 0), SCREEN_SLICE)


def deprioritise(pid: int) -> None:
    """Lower the priority of a trainer that has just been started; its threads inherit it."""
    # A process may not be made less nice than it is.
    niceness = max(TRAINER_NICENESS, os.getpriority(os.PRIO_PROCESS, pid))
    os.setpriority(os.PRIO_PROCESS, pid, niceness)
    _request_slice(pid, niceness, TRAINER_SLICE)


def _request_slice(pid: int, niceness: int, seconds: float) -> None:
    """Ask for time slices of that length. Older kernels and sandboxes ignore or refuse it."""
    number = SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    if os.sched_getscheduler(pid) != os.SCHED_OTHER:
        return
    import ctypes

    attributes = struct.pack(
        SCHED_ATTR, struct.calcsize(SCHED_ATTR), 0, 0, niceness, 0, round(seconds * 1e9), 0, 0
    )
    ctypes.CDLL(None).syscall(
        ctypes.c_long(number), ctypes.c_int(pid), ctypes.c_char_p(attributes), ctypes.c_uint(0)
    )
