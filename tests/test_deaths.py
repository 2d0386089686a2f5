"""What dies is missed, said, and started again: trainers and the inference process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from aetui.cli.main import main
from aetui.errors import BadInput
from aetui.processes.inference import Inference, Superseded
from aetui.processes.monitor import WatchedRun
from aetui.processes.trainer import TrainerOptions, last_log_line, start_trainer, stop_trainer
from aetui.protocol import Packet
from aetui.runs.directory import read_config
from aetui.runs.lock import lock_holder
from tests.trainers import PATIENCE, events, newest_step, train_here, wait_until

resource = pytest.importorskip("resource")


def state(runs: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["runs", "--runs", str(runs), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    return str(listed[0]["state"])


def test_a_killed_trainer_is_failed_holds_nothing_and_resumes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Started as the app starts it."""
    settings = {"epochs": 100_000}
    started = start_trainer(tmp_path, "vae", TrainerOptions("digits", device="cpu"), settings)
    run = started.run
    try:
        wait_until(lambda: newest_step(run) > 22, "steps")
        watch = WatchedRun(run, read_config(run))
        watch.poll(started)
        assert (watch.state, state(tmp_path, capsys)) == ("running", "running")
        os.kill(started.process.pid, signal.SIGKILL)
        wait_until(started.cause_of_death, "its death")
        watch.poll(started)
        assert watch.state == "failed"
        assert "SIGKILL" in watch.cause
        assert lock_holder(run) is None
        assert state(tmp_path, capsys) == "failed"
        again = start_trainer(tmp_path, "vae", TrainerOptions(device="cpu"), resume=run.name)
        wait_until(lambda: "resumed" in events(run), "resumed")
        wait_until(lambda: watch.poll(again) and watch.state == "running", "running")
        stop_trainer(run, paused=False)
        assert again.process.wait(PATIENCE) == 143
    finally:
        if pid := lock_holder(run):
            os.kill(pid, signal.SIGKILL)
    assert state(tmp_path, capsys) == "stopped"


@pytest.mark.parametrize(("ours", "theirs"), [(0, 10), (15, 15)])
def test_a_trainer_is_nicer_than_the_screen_or_as_nice(
    ours: int, theirs: int, tmp_path: Path
) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from aetui.processes import TrainerOptions, start_trainer\n"
        "print(start_trainer(Path(sys.argv[1]), 'vae', TrainerOptions('digits', device='cpu')).process.pid)\n"
    )
    command = ["nice", "-n", str(ours), sys.executable, "-c", script, str(tmp_path)]
    pid = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    try:
        assert os.getpriority(os.PRIO_PROCESS, pid) == max(
            theirs, os.getpriority(os.PRIO_PROCESS, 0)
        )
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux changes another process's limits"
)
def test_a_trainer_that_an_exception_ends_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Out of memory, for real."""
    settings = {"epochs": 100_000, "batch_size": 16}
    started = start_trainer(tmp_path, "vae", TrainerOptions("digits", device="cpu"), settings)
    run = started.run
    try:
        wait_until(lambda: newest_step(run) > 5, "steps")
        resource.prlimit(started.process.pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
        wait_until(started.cause_of_death, "its end")
    finally:
        started.process.kill()
    assert started.process.wait() not in (0, -signal.SIGKILL)
    assert lock_holder(run) is None
    assert state(tmp_path, capsys) == "failed"
    watch = WatchedRun(run, read_config(run))
    watch.poll(started)
    assert watch.cause
    assert "\x1b" not in last_log_line(run)


def test_a_trainer_that_cannot_start_leaves_its_reason(tmp_path: Path) -> None:
    started = start_trainer(tmp_path, "vae", TrainerOptions("folder:/nowhere", device="cpu"))
    wait_until(started.cause_of_death, "its end")
    assert "/nowhere is not a folder" in (started.exit_reason() or "")


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Inference, list[Packet]]]:
    """An inference process, and what it says without being asked."""
    inference, notices = Inference(), []

    async def listen() -> None:
        async for notice in inference.notices():
            notices.append(notice)  # noqa: PERF401  (the list must grow while it listens)

    listener = asyncio.create_task(listen())
    try:
        yield inference, notices
    finally:
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
        inference.close()


def send(number: signal.Signals, inference: Inference) -> None:
    assert inference._process is not None
    os.kill(inference._process.pid, number)


async def test_a_killed_inference_process_is_started_again_and_answers(tmp_path: Path) -> None:
    assert train_here("vae", tmp_path, "--epochs", "1") == 0
    run, z = tmp_path / "vae-001", {"z": np.zeros((1, 2), np.float32)}
    async with served() as (inference, notices):
        first = await asyncio.wait_for(inference.ask("decode", run, z), PATIENCE)
        send(signal.SIGKILL, inference)
        second = await asyncio.wait_for(inference.ask("decode", run, z), PATIENCE)
        assert np.array_equal(first.arrays["images"], second.arrays["images"])
        send(signal.SIGSTOP, inference)  # or it might answer before it dies
        asked = asyncio.create_task(inference.ask("decode", run, z))
        await asyncio.sleep(0)  # it is on its way
        send(signal.SIGKILL, inference)
        third = await asyncio.wait_for(asked, PATIENCE)
        assert np.array_equal(first.arrays["images"], third.arrays["images"])
        restarts = [
            notice.header["message"] for notice in notices if notice.header["kind"] == "restarted"
        ]
        assert restarts == ["the inference process ended (signal 9) and was started again"] * 2


async def test_of_two_questions_the_newer_counts_even_if_the_older_was_given_up(
    tmp_path: Path,
) -> None:
    assert train_here("vae", tmp_path, "--epochs", "1") == 0
    run, z = tmp_path / "vae-001", {"z": np.zeros((1, 2), np.float32)}
    async with served() as (inference, _):
        given_up = asyncio.create_task(inference.ask("decode", run, z))
        await asyncio.sleep(0)
        given_up.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await given_up
        older = asyncio.create_task(inference.ask("decode", run, z))
        await asyncio.sleep(0)
        newer = asyncio.create_task(inference.ask("decode", run, z))
        assert (await asyncio.wait_for(newer, PATIENCE)).arrays["images"].shape == (1, 28, 28)
        with pytest.raises(Superseded):
            await older
        with pytest.raises(BadInput, match="has 2 numbers"):
            await inference.ask("decode", run, {"z": np.zeros((1, 3), np.float32)})
        with pytest.raises(BadInput, match="is not a run"):
            await inference.ask("decode", tmp_path / "gone", z)


async def test_an_inference_process_that_never_comes_up_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # no Python starts there
    async with served() as (inference, notices):
        with pytest.raises(BadInput, match="does not stay up"):
            await asyncio.wait_for(inference.ask("decode", tmp_path), PATIENCE)
        assert notices[-1].header["kind"] == "given_up"
