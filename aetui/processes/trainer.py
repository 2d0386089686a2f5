"""Start, signal and watch trainers. Each is known by its run directory and outlives the app."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aetui.errors import BadInput, printable
from aetui.machine import usable_cores
from aetui.model_spec import Value
from aetui.processes.children import child_environment, python_command
from aetui.processes.priority import deprioritise
from aetui.processes.trainer_options import TrainerOptions
from aetui.runs.directory import LOG, create_run
from aetui.runs.lock import LOCK, lock_holder, trainer_elsewhere

LEAST_ROOM: Final = 1_000_000  # bytes
LOG_TAIL: Final = 4096  # bytes
LONGEST_LINE: Final = 600  # characters of a log line that are shown: the longest sentence fits


@dataclass
class StartedTrainer:
    """A trainer that this process started. It is reaped by whoever asks for its exit reason."""

    run: Path
    model: str
    process: subprocess.Popen[bytes]
    log_start: int = 0  # bytes of the log that were there before
    started_at: float = field(default_factory=time.time)  # unix seconds
    was_terminated: bool = False  # a person stopped it

    def exit_reason(self) -> str | None:
        """None while it runs; else why it ended, by its exit code and its last message."""
        code = self.process.poll()
        if code is None:
            return None
        if code >= 0:
            return self._refusal() or f"It ended with exit code {code} and gave no reason."
        name = signal.Signals(-code).name
        return f"It was killed by {name}" + (" (out of memory?)." if name == "SIGKILL" else ".")

    def log_line(self) -> str:
        """The newest line that it wrote to its log."""
        return last_log_line(self.run, self.log_start)

    def _refusal(self) -> str:
        """Its last message: the whole of it, where it takes several lines."""
        lines = _log_lines(self.run, self.log_start)
        begins = [number for number, line in enumerate(lines) if line.startswith("aetui: ")]
        return "\n".join(lines[begins[-1] :] if begins else lines[-1:])

    def terminate(self) -> None:
        """Ask it to end, as a key of the person does."""
        self.was_terminated = True
        self.process.terminate()


def start_trainer(
    runs: Path,
    model: str,
    options: TrainerOptions,
    settings: Mapping[str, Value] | None = None,
    threads: int | None = None,
) -> StartedTrainer:
    """Start a new run of `model` below `runs`. Without `threads`, the trainer chooses."""
    argument = options.argument_for(model)
    run = create_run(runs, model)
    _check_room(run)
    command = ["--name", run.name, "--data", options.data, *options.data_options.to_arguments()]
    for name, value in (settings or {}).items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
        command += [f"--{name.replace('_', '-')}", text]
    if threads is not None:
        command += ["--threads", f"{threads}"]
    return _start(run, model, options, [argument, *command])


def _check_room(run: Path) -> None:
    """`BadInput`, and no run, where not even a trainer's log could be written."""
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(run).free
        if free < LEAST_ROOM:
            run.rmdir()
            problem = f"there is no room for a run in {run.parent} ({free / 1e3:.0f} kB free)"
            raise BadInput(f"{problem}; make room, or choose another folder with --runs.")


def resume_trainer(
    run: Path, model: str, options: TrainerOptions, epochs: int | None = None
) -> StartedTrainer:
    """Start a trainer that continues `run`, to `epochs` in all if they are given.

    `BadInput` where one has it already.
    """
    if lock_holder(run) is not None:
        raise BadInput(f"{run.name} is being trained already.")
    refuse_elsewhere(run)
    command = [options.argument_for(model), "--resume", run.name]
    if epochs is not None:
        command += ["--epochs", f"{epochs}"]
    return _start(run, model, options, command)


def _start(run: Path, model: str, options: TrainerOptions, command: list[str]) -> StartedTrainer:
    """Detached: in its own session, its output in the run's log, at low priority."""
    command = ["train", *command, "--device", options.device, "--runs", str(run.parent)]
    if options.data_dir is not None:
        command += ["--data-dir", str(options.data_dir)]
    try:
        with (run / LOG).open("ab") as log:
            log_start = log.tell()
            process = subprocess.Popen(
                [*python_command("aetui"), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=child_environment(),
            )
    except OSError as error:
        raise BadInput(f"{run.name} could not be started ({error.strerror}).") from None
    deprioritise(process.pid)
    return StartedTrainer(run, model, process, log_start)


def threads_beside(others: int) -> int | None:
    """The CPU threads that leave room for that many other trainings; None to let it choose."""
    return max(1, usable_cores() // (others + 1)) if others else None


def signal_trainer(run: Path, number: signal.Signals, host: str = "") -> None:
    """Send `number` to the trainer that holds the run's lock, and to no other process.

    `host` is where the run says that it trains; `BadInput` where that is not here, or nothing
    trains.
    """
    if host and host != platform.node():
        raise BadInput(f"{run.name} trains on {printable(host)}; control it from there.")
    pid = lock_holder(run)
    if pid is None:
        refuse_elsewhere(run)
    if not pid:
        raise BadInput(f"{run.name} is stopped: r resumes it, s starts a new run.")
    try:
        _signal_while_locked(run, pid, number)
    except (ProcessLookupError, FileNotFoundError):
        raise BadInput(f"{run.name} has just stopped: r resumes it.") from None
    except PermissionError:
        raise BadInput(
            f"{run.name} is trained by another user (process {pid}); ask them."
        ) from None


def refuse_elsewhere(run: Path) -> None:
    """`BadInput` where a trainer lives whose lock is not seen here, on another mount or machine."""
    if beat := trainer_elsewhere(run):
        where = f"{run.name} is running on {beat.host} (process {beat.pid})"
        raise BadInput(f"{where}, beyond the reach of this folder; stop or pause it there.")


def _signal_while_locked(run: Path, pid: int, number: signal.Signals) -> None:
    if not hasattr(os, "pidfd_open"):  # macOS
        os.kill(pid, number)
        return
    handle = os.pidfd_open(pid)
    try:
        # The handle is of the process that had that pid just now. If it still holds the lock, it
        # is the trainer.
        if lock_holder(run) != pid or not _has_open(pid, run / LOCK):
            raise ProcessLookupError
        signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)


def _has_open(pid: int, path: Path) -> bool:
    """Whether that process has that file open: in another container the pid may be another's."""
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
    """Ask the trainer to save and end. A paused one is woken, so that it can."""
    signal_trainer(run, signal.SIGTERM, host)
    if paused:
        try:
            signal_trainer(run, signal.SIGCONT, host)
        except BadInput:
            return  # it has ended already, which is what was asked for


def last_log_line(run: Path, start: int = 0) -> str:
    """The last line of the run's log behind byte `start`, safe to show; "" where there is none."""
    return "".join(_log_lines(run, start)[-1:]).strip()


def _log_lines(run: Path, start: int) -> list[str]:
    """The last lines of the log that are not empty, safe to show."""
    try:
        with (run / LOG).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(start, size - LOG_TAIL))
            lines = log.read().replace(b"\r", b"\n").split(b"\n")
    except OSError:
        return []
    shown = [printable(line.decode("utf-8", "replace").rstrip(), LONGEST_LINE) for line in lines]
    return [line for line in shown if line.strip()]
