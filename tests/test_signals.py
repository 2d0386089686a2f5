"""Unix job control of a real trainer: stop, pause, go on, hang up, and what a Slurm job does."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aetui.runs.lock import lock_holder
from tests.trainers import PATIENCE, command, events, newest_step, records, trainer, wait_until

LONG = ("--epochs", "100000")


def is_asleep(pid: int, looks: int = 20) -> bool:
    """Whether no thread of the process runs or wants to, at any of `looks` looks at it."""
    for _ in range(looks):
        for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
            if stat.read_text().rpartition(")")[2].split()[0] != "S":
                return False
        time.sleep(0.01)
    return True


def saved_steps(run: Path) -> list[int]:
    return [record["step"] for record in records(run) if record.get("event") == "saved"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGXCPU"])
def test_a_stop_saves_and_exits_with_the_signal_in_its_code(name: str, tmp_path: Path) -> None:
    run = tmp_path / "vae-001"
    number = signal.Signals[name]
    with trainer("vae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
    last = records(run)[-1]
    assert last["event"] == "stopped"
    assert saved_steps(run)[-1] == last["step"] >= 30
    assert lock_holder(run) is None


def test_a_job_that_is_warned_and_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """A batch system sends USR1, then TERM, then KILL, and starts the job again with --resume."""
    run = tmp_path / "vae-001"
    with trainer("vae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: events(run)[-1] == "stopped", "stopped")
        process.terminate()
        process.wait(PATIENCE)
    stopped = records(run)[-1]["step"]
    with trainer("vae", tmp_path, "--resume", run.name) as process:
        wait_until(lambda: newest_step(run) > stopped + 30, "further steps", process)
    resumed = next(record for record in records(run) if record.get("event") == "resumed")
    assert resumed["step"] == stopped


def test_signals_in_a_hail_harm_nothing(tmp_path: Path) -> None:
    """A second SIGTERM, a hundred of them, during the step, the save and the end."""
    run = tmp_path / "vae-001"
    # Wide layers: saving a file of 60 MB takes its time.
    with trainer("vae", tmp_path, *LONG, "--hidden", "2048,1024") as process:
        wait_until(lambda: newest_step(run) > 2, "steps", process)
        end = time.monotonic() + PATIENCE
        while process.poll() is None:
            assert time.monotonic() < end
            process.send_signal(signal.SIGTERM)
            time.sleep(0.005)
        # Without our handlers, at the very end, the signal itself ends it; a shell calls both 143.
        assert process.returncode in (143, -signal.SIGTERM)
    assert records(run)[-1]["event"] == "stopped"
    assert not list(run.glob(".tmp-*"))
    with trainer("vae", tmp_path, "--resume", run.name) as process:
        wait_until(lambda: "resumed" in events(run), "resumed", process)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_pause_saves_uses_no_cpu_and_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "dae-001"
    with trainer("dae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 5, "steps", process)
        process.send_signal(signal.SIGHUP)  # a connection drops: nothing happens
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: events(run)[-1] == "paused", "paused", process)
        assert events(run)[-2:] == ["saved", "paused"]
        paused = records(run)[-1]
        wait_until(lambda: is_asleep(process.pid), "sleep", process)
        assert records(run)[-1] == paused
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: newest_step(run) > paused["step"] + 5, "further steps", process)
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: events(run)[-1] == "paused", "paused again", process)
        process.send_signal(signal.SIGTERM)  # a paused one hears it too
        assert process.wait(PATIENCE) == 143
    assert events(run)[-1] == "stopped"


def test_a_training_outlives_its_terminal(tmp_path: Path) -> None:
    """SSH drops: SIGHUP comes, and every line that it prints is refused from then on."""
    run = tmp_path / "vae-001"
    master, slave = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "aetui", *command("vae", tmp_path, *LONG)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    try:
        wait_until(lambda: newest_step(run) > 22, "steps")
        os.close(master)
        begun = newest_step(run)
        wait_until(lambda: newest_step(run) > begun + 44, "further steps without a terminal")
        os.kill(lock_holder(run) or 0, signal.SIGTERM)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert events(run)[-1] == "stopped"


def test_a_closed_pipe_does_not_end_a_training(tmp_path: Path) -> None:
    """`aetui train vae | head -1`."""
    arguments = " ".join(command("vae", tmp_path, "--epochs", "20"))
    subprocess.run(
        ["bash", "-c", f"{sys.executable} -m aetui {arguments} | head -1"],
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert events(tmp_path / "vae-001")[-1] == "done"


def test_a_signal_before_there_is_anything_to_save_ends_it_at_once(tmp_path: Path) -> None:
    """While another process downloads the data that it waits for, say."""
    kept = tmp_path / "data"
    kept.mkdir()
    with (kept / ".download-lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with trainer(
            "vae", tmp_path, "--data", "kmnist", "--data-dir", str(kept), errors=tmp_path / "errors"
        ) as process:
            wait_until(
                lambda: "downloading" in (tmp_path / "errors").read_text(), "the download", process
            )
            process.terminate()
            assert process.wait(10) == 143
    assert not (tmp_path / "vae-001").exists()
