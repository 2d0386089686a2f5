"""What a process may use on this machine: cores and folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

import platformdirs

from aetui.errors import BadInput, printable

CGROUPS: Final = "sys/fs/cgroup"


def usable_cores() -> int:
    """The cores that this process may use, at least 1.

    As few as its affinity, OMP_NUM_THREADS and the CPU quota of its control groups allow.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[
        0
    ]  # the other numbers are for nested teams
    if given.isdecimal() and int(given) > 0:
        cores = min(cores, int(given))
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, round(quota)))


def cpu_quota(root: Path = Path("/")) -> float | None:
    """The cores' worth of time that control groups leave this process; None without a limit.

    A group cannot have more than the groups above it. `root` is where /proc and /sys are.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # not Linux
        return None
    quotas: list[float] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "cpu" in controllers.split(","):
            for base in (CGROUPS, f"{CGROUPS}/unified", f"{CGROUPS}/{controllers}"):
                quotas += _quotas_above(root / base, PurePosixPath(path))
    return min(quotas, default=None)


def _quotas_above(base: Path, path: PurePosixPath) -> Iterator[float]:
    """The quotas of the group `path` and those above it. In a container, `base` is its own."""
    for group in (path, *path.parents):
        folder = base / group.relative_to("/")
        with suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()  # cgroup v2
            yield float(quota) / float(period)  # "max" is no number
        with suppress(OSError, ValueError):
            quota = (folder / "cpu.cfs_quota_us").read_text()  # v1, -1 without a limit
            period = (folder / "cpu.cfs_period_us").read_text()
            if float(quota) > 0:
                yield float(quota) / float(period)


def open_standard_streams() -> None:
    """Open stdin, stdout and stderr on /dev/null where we were started without them.

    Otherwise the next file that is opened would take their place.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
            stream = open(number, mode, encoding="utf-8")  # noqa: PTH123, SIM115  for good
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def cache_dir() -> Path:
    """aetui's folder in the user's cache, in the system's own place for it.

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
