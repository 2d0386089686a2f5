"""README's job script, as it stands there, under a stand-in for Slurm."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aetui.runs.lock import lock_holder
from tests.conftest import ROOT
from tests.pilot import AETUI
from tests.trainers import PATIENCE, SMALL, events, newest_step, records, wait_until

JOB = "4711"
NAME = f"vae-{JOB}"
SMALL_TRAINING = f"--data digits --hidden 32 {' '.join(SMALL)}"


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """A working directory with README's script, and the commands that a node has for it.

    `srun` runs its command, `scontrol` notes what it was asked, `aetui` trains something small.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```bash\n(#!/bin/bash\n#SBATCH.*?)```", readme, re.DOTALL)
    assert found is not None
    (tmp_path / "job.sh").write_text(found[1])
    commands = {
        "srun": 'shift; exec "$@"',  # its one option goes
        "scontrol": f'echo "$@" >> {tmp_path}/asked',
        "aetui": f'exec {AETUI} "$@" {SMALL_TRAINING}',
    }
    (tmp_path / "bin").mkdir()
    for name, body in commands.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@contextmanager
def job(cluster: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The script as Slurm starts it, until it ends or the block does."""
    script = (cluster / "job.sh").read_text()
    given = dict(re.findall(r"^#SBATCH --([a-z-]+)=(\S+)", script, re.MULTILINE))
    slurm = {
        "SLURM_JOB_ID": JOB,
        "SLURM_JOB_NAME": given["job-name"],
        "SLURM_CPUS_PER_TASK": given["cpus-per-task"],
    }
    path = f"{cluster / 'bin'}:{os.environ['PATH']}"
    process = subprocess.Popen(
        ["/bin/bash", cluster / "job.sh"],
        cwd=cluster,
        env={**os.environ, **slurm, "PATH": path},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def signal_step(run: Path, number: signal.Signals) -> None:
    """Slurm signals the steps of a job, and not its script."""
    pid = lock_holder(run)
    assert pid
    os.kill(pid, number)


def test_the_script_asks_for_what_it_relies_on(cluster: Path) -> None:
    script = (cluster / "job.sh").read_text()
    assert "#SBATCH --requeue" in script
    assert re.search(r"^#SBATCH --signal=USR1@\d+$", script, re.MULTILINE)
    assert subprocess.run(["bash", "-n", cluster / "job.sh"], check=False).returncode == 0


def test_a_job_whose_time_is_up_queues_again_and_goes_on(cluster: Path) -> None:
    run = cluster / "checkpoints" / NAME
    with job(cluster) as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        signal_step(run, signal.SIGUSR1)
        assert process.wait(PATIENCE) == 128 + signal.SIGUSR1
    assert (cluster / "asked").read_text() == f"requeue {JOB}\n"
    stopped = records(run)[-1]["step"]

    with job(cluster) as process:  # queued again, and then pre-empted
        wait_until(lambda: newest_step(run) > stopped + 30, "further steps", process)
        signal_step(run, signal.SIGCONT)
        signal_step(run, signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert (cluster / "asked").read_text().count("\n") == 1  # Slurm queues it again by itself
    resumed = next(record for record in records(run) if record.get("event") == "resumed")
    assert resumed["step"] == stopped
    assert events(run)[-1] == "stopped"


def test_a_job_whose_node_fails_goes_on_from_its_last_save(cluster: Path) -> None:
    run = cluster / "checkpoints" / NAME
    with job(cluster) as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with job(cluster) as process:
        wait_until(lambda: "resumed" in events(run), "resumed", process)
    assert not (cluster / "asked").exists()
