"""One trainer a run; and no signal ever reaches a process that is not it."""

from __future__ import annotations

import fcntl
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aetui.errors import BadInput
from aetui.processes.trainer import signal_trainer
from aetui.runs.lock import lock_holder
from tests.trainers import PATIENCE, events, newest_step, records, train_here, trainer, wait_until


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
        before = events(run)
        assert train_here("vae", tmp_path, "--resume", run.name) == 2
        assert f"by process {process.pid} already" in capsys.readouterr().err
        assert train_here("vae", tmp_path, "--name", run.name) == 2
        assert "exists already" in capsys.readouterr().err
        since = set(events(run)[len(before) :])
        assert {"failed", "stopped"}.isdisjoint(since), "the second wrote into the first's run"
        process.kill()
        process.wait()
    assert lock_holder(run) is None
    with trainer("vae", tmp_path, "--resume", run.name) as process:
        wait_until(lambda: "resumed" in events(run), "resumed", process)
        assert lock_holder(run) == process.pid
        signal_trainer(run, signal.SIGTERM)
        assert process.wait(PATIENCE) == 143


def test_a_run_says_where_it_trains_and_is_signalled_only_from_there(trained: Path) -> None:
    run = trained / "vae-001"
    started = next(record for record in records(run) if record.get("event") == "started")
    assert started["host"] == platform.node()
    with pytest.raises(BadInput, match="trains on elsewhere"):
        signal_trainer(run, signal.SIGTERM, "elsewhere")


def test_the_pid_of_a_dead_trainer_is_not_signalled(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "lock").write_text(f"{stranger.pid}\n")
    with pytest.raises(BadInput):
        signal_trainer(tmp_path, signal.SIGKILL)
    assert stranger.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
def test_the_pid_of_another_container_is_not_signalled(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    """The lock is held, and the pid of its holder is another process's here."""
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"{stranger.pid}\n")
        held.flush()
        with pytest.raises(BadInput):
            signal_trainer(tmp_path, signal.SIGKILL)
    assert stranger.poll() is None


RUBBISH = (b"", b"-1", b"0", b"1e9", b"\xff\xfe", b"9" * 30, "\N{SUPERSCRIPT TWO}".encode())


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_a_lock_with_rubbish_in_it_signals_nobody(rubbish: bytes, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(rubbish)
        held.flush()
        with pytest.raises(BadInput):
            signal_trainer(tmp_path, signal.SIGKILL)


READ_AS_NOBODY = """
import os, pathlib, sys
from aetui.cli.runs import print_runs
from aetui.runs.lock import lock_holder
from aetui.runs.summary import last_change
os.setgid(65534)
os.setuid(65534)
runs = pathlib.Path(sys.argv[1])
code = print_runs(runs, as_json=False)
assert lock_holder(runs / "vae-002") is None
assert last_change(runs / "vae-002") == 0
raise SystemExit(code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_run_that_is_not_ours_to_read_is_passed_over(tmp_path: Path) -> None:
    """A shared folder of runs, one of them private to another user."""
    runs = tmp_path / "runs"
    assert train_here("vae", runs, "--epochs", "1") == 0
    private = runs / "vae-002"
    private.mkdir(mode=0o700)
    (private / "config.json").write_text("{}")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", READ_AS_NOBODY, str(runs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "vae-001" in done.stdout
