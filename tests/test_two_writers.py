"""One trainer a run; and no signal ever reaches a process that is not it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aetui.errors import BadInput
from aetui.processes.trainer import signal_trainer
from aetui.runs.lock import lock_holder
from tests.trainers import PATIENCE, events, newest_step, train_here, trainer, wait_until


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with us."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_a_second_trainer_ends_at_once_and_names_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "vae-001"
    with trainer("vae", tmp_path, "--epochs", "100000") as process:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        assert lock_holder(run) == process.pid
        said = events(run)
        assert train_here("vae", tmp_path, "--resume", run.name) == 2
        assert f"by process {process.pid} already" in capsys.readouterr().err
        assert train_here("vae", tmp_path, "--name", run.name) == 2
        assert "exists already" in capsys.readouterr().err
        assert {"failed", "stopped"}.isdisjoint(events(run)[len(said) :]), (
            "the second one wrote into the run of the first"
        )
        process.kill()
        process.wait()
    assert lock_holder(run) is None
    with trainer("vae", tmp_path, "--resume", run.name) as process:
        wait_until(lambda: "resumed" in events(run), "resumed", process)
        assert lock_holder(run) == process.pid
        signal_trainer(run, signal.SIGTERM)
        assert process.wait(PATIENCE) == 143


def test_the_pid_of_a_dead_trainer_is_not_signalled(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "lock").write_text(f"{stranger.pid}\n")
    with pytest.raises(BadInput, match="is not being trained"):
        signal_trainer(tmp_path, signal.SIGKILL)
    assert stranger.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
def test_the_pid_of_another_container_is_not_signalled(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    """The lock is held, but its holder calls itself by a number that is somebody else's here."""
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"{stranger.pid}\n")
        held.flush()
        with pytest.raises(BadInput, match="is not being trained"):
            signal_trainer(tmp_path, signal.SIGKILL)
    assert stranger.poll() is None


@pytest.mark.parametrize(
    "rubbish", [b"", b"-1", b"0", b"1e9", b"\xff\xfe", b"9" * 30, "\N{SUPERSCRIPT TWO}".encode()]
)
def test_a_lock_with_rubbish_in_it_signals_nobody(rubbish: bytes, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(rubbish)
        held.flush()
        with pytest.raises(BadInput, match="is not being trained"):
            signal_trainer(tmp_path, signal.SIGKILL)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_run_that_is_not_ours_to_read_is_passed_over(tmp_path: Path) -> None:
    """A shared folder of runs, one of them private to another user."""
    assert train_here("vae", tmp_path / "runs", "--epochs", "1") == 0
    private = tmp_path / "runs" / "vae-002"
    private.mkdir(mode=0o700)
    (private / "config.json").write_text("{}")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    script = (
        "import os, pathlib; from aetui.listing import print_runs; from aetui.rundir import last_change, lock_holder\n"
        "os.setgid(65534); os.setuid(65534)\n"
        f"runs = pathlib.Path({str(tmp_path / 'runs')!r})\n"
        "code = print_runs(runs, as_json=False)\n"
        "assert lock_holder(runs / 'vae-002') is None and last_change(runs / 'vae-002') == 0\n"
        "raise SystemExit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "vae-001" in done.stdout
