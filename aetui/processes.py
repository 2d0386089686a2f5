"""Start, signal and watch trainers. They are told apart by their run directories and outlive whoever started them."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.config import BadInput, Model, printable, usable_cores
from aetui.rundir import create_run, list_runs, lock_holder
from aetui.scheduling import put_behind_screen

LOG_TAIL: Final = 4096  # bytes


@dataclass(frozen=True)
class TrainerOptions:
    """What every trainer that the app starts is told."""

    data: str = "auto"
    data_dir: Path | None = None
    device: str = "auto"


@dataclass
class StartedTrainer:
    """A trainer that this process started, to be reaped when it ends."""

    run: Path
    process: subprocess.Popen[bytes]

    def cause_of_death(self) -> str | None:
        """None while it lives; else how it ended, and what it said last."""
        code = self.process.poll()
        if code is None:
            return None
        said = last_words(self.run)
        if code >= 0:
            return said or f"it ended with exit code {code}"
        name = signal.Signals(-code).name
        return f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")


def start_trainer(
    runs: Path,
    model: Model,
    options: TrainerOptions,
    settings: Mapping[str, int | float] | None = None,
    resume: str | None = None,
    beside: int = 0,
) -> StartedTrainer:
    """Start `aetui train` detached: in its own session, its output in the run's log.txt, at lower priority than the screen.

    `beside` is how many other trainings are about to start, which this one should leave room for.
    """
    if resume is None:
        run = create_run(runs, model)
        command = ["--name", run.name, "--data", options.data]
        command += [part for name, value in (settings or {}).items() for part in (f"--{name.replace('_', '-')}", f"{value}")]
    else:
        run = runs / resume
        command = ["--resume", resume]
        if lock_holder(run) is not None:
            raise BadInput(f"{resume} is being trained already.")
    if options.data_dir is not None:
        command += ["--data-dir", str(options.data_dir)]
    command += ["--device", options.device, "--runs", str(runs)]
    threads = threads_for_one_more(runs, beside)
    if threads is not None and resume is None:
        command += ["--threads", str(threads)]
    with (run / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aetui", "train", model, *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    put_behind_screen(process.pid)
    return StartedTrainer(run, process)


def threads_for_one_more(runs: Path, beside: int) -> int | None:
    """The CPU threads that leave room for the trainings that run already; None where one may take what it wants."""
    running = beside + sum(lock_holder(run) is not None for run in list_runs(runs))
    return max(1, usable_cores() // (running + 1)) if running else None


def signal_trainer(run: Path, number: signal.Signals, host: str = "") -> None:
    """Send `number` to the trainer that holds the run's lock, and to no other process, whatever its pid is by then.

    `host` is where the run says that it trains; `BadInput` where that is not here, or nothing trains.
    """
    if host and host != platform.node():
        raise BadInput(f"{run.name} trains on {printable(host)}; control it from there.")
    pid = lock_holder(run)
    if not pid:
        raise BadInput(f"{run.name} is not being trained.")
    try:
        _signal_while_locked(run, pid, number)
    except (ProcessLookupError, FileNotFoundError):
        raise BadInput(f"{run.name} is not being trained any more.") from None
    except PermissionError:
        raise BadInput(f"{run.name} is trained by another user (process {pid}); ask them.") from None


def _signal_while_locked(run: Path, pid: int, number: signal.Signals) -> None:
    if not hasattr(os, "pidfd_open"):  # macOS
        os.kill(pid, number)
        return
    handle = os.pidfd_open(pid)
    try:
        # The handle is of the process that had that pid just now. If it still holds the lock, it is the trainer.
        if lock_holder(run) != pid or not _has_open(pid, run / "lock"):
            raise ProcessLookupError
        signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)


def _has_open(pid: int, path: Path) -> bool:
    """Whether that process has that file open: a pid that was written in another container, say, names a stranger here."""
    descriptors = Path(f"/proc/{pid}/fd")
    if not Path("/proc/self/fd").is_dir():  # not Linux
        return True
    wanted = path.stat()
    for descriptor in os.scandir(descriptors):
        try:
            found = descriptor.stat()
        except OSError:  # closed meanwhile
            continue
        if os.path.samestat(found, wanted):
            return True
    return False


def stop_trainer(run: Path, host: str = "", *, paused: bool) -> None:
    """Ask the trainer to save and end. A paused one is woken, so that it hears."""
    signal_trainer(run, signal.SIGTERM, host)
    if paused:
        try:
            signal_trainer(run, signal.SIGCONT, host)
        except BadInput:
            return  # it has ended already, which is what was asked for


def last_words(run: Path) -> str:
    """The last line of the run's log, safe to show; "" where it has none."""
    try:
        with (run / "log.txt").open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - LOG_TAIL))
            lines = log.read().replace(b"\r", b"\n").split(b"\n")
    except OSError:
        return ""
    words = [printable(line.decode("utf-8", "replace").strip(), 300) for line in lines if line.strip()]
    return words[-1] if words else ""
