"""What dies is noticed, reported and started again: trainers and the inference process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aetui.cli.main import main
from aetui.errors import BadInput
from aetui.processes.inference import Inference, Superseded
from aetui.processes.monitor import RunMonitor
from aetui.processes.snapshots import Snapshot
from aetui.processes.trainer import (
    last_log_line,
    resume_trainer,
    start_trainer,
    stop_trainer,
)
from aetui.processes.trainer_options import TrainerOptions
from aetui.processes.wishes import Follow, Terminate
from aetui.protocol import Packet
from aetui.runs.lock import lock_holder
from tests.trainers import PATIENCE, events, newest_step, train_here, trainer, wait_until

resource = pytest.importorskip("resource")
DIGITS = TrainerOptions("digits", device="cpu")


def state(runs: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["runs", "--runs", str(runs), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    return str(listed[0]["state"])


def write_pictures(folder: Path) -> None:
    """A few pictures of two classes."""
    for number in range(20):
        place = folder / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (28, 28), np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")


@contextmanager
def watched(runs: Path) -> Iterator[tuple[RunMonitor, Callable[[], Snapshot]]]:
    """A monitor of `runs`, and what it published last."""
    seen = [Snapshot()]
    monitor = RunMonitor(runs, publish=seen.append)
    monitor.start()
    try:
        yield monitor, lambda: seen[-1]
    finally:
        monitor.stop()


def test_a_killed_trainer_is_failed_holds_nothing_and_resumes(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Started as the app starts it."""
    with watched(runs) as (monitor, snapshot):
        started = start_trainer(runs, "vae", DIGITS, {"epochs": 100_000})
        run = started.run
        monitor.ask(Follow(started))
        wait_until(lambda: "vae" in snapshot().panels, "a panel")
        wait_until(lambda: newest_step(run) > 22, "steps")
        wait_until(lambda: snapshot().panels["vae"].state == "running", "running")
        assert not snapshot().starting
        assert state(runs, capsys) == "running"
        os.kill(started.process.pid, signal.SIGKILL)
        wait_until(lambda: snapshot().panels["vae"].state == "failed", "its death")
        assert "SIGKILL" in snapshot().panels["vae"].cause
        assert lock_holder(run) is None
        assert state(runs, capsys) == "failed"
        again = resume_trainer(run, "vae", DIGITS)
        monitor.ask(Follow(again))
        wait_until(lambda: snapshot().panels["vae"].state == "starting", "starting")
        wait_until(lambda: "resumed" in events(run), "resumed")
        wait_until(lambda: snapshot().panels["vae"].state == "running", "running")
        stop_trainer(run, paused=False)
        assert again.process.wait(PATIENCE) == 143
        wait_until(lambda: snapshot().panels["vae"].state == "stopped", "stopped")
    assert state(runs, capsys) == "stopped"


def test_a_resume_that_dies_says_why(runs: Path) -> None:
    """And not why an earlier training failed."""
    images = runs / "images"
    write_pictures(images)
    assert train_here("vae", runs, "--data", f"folder:{images}", "--epochs", "1") == 0
    run = runs / "vae-001"
    with (run / "metrics.jsonl").open("a") as file:
        event = {"kind": "event", "event": "failed", "message": "of old", "time": time.time()}
        file.write(json.dumps(event) + "\n")
    shutil.rmtree(images)
    with watched(runs) as (monitor, snapshot):
        wait_until(lambda: snapshot().indexed, "the run")
        assert snapshot().panels["vae"].cause == "of old"
        monitor.ask(Follow(resume_trainer(run, "vae", DIGITS)))
        wait_until(lambda: snapshot().panels["vae"].state == "starting", "starting")
        wait_until(lambda: snapshot().panels["vae"].state == "failed", "its death")
        assert str(images) in snapshot().panels["vae"].cause


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_trainer_that_is_stopped_while_it_starts_has_not_failed(
    is_resumed: bool, runs: Path
) -> None:
    if is_resumed:
        with trainer("vae", runs, "--epochs", "100000") as process:
            wait_until(lambda: newest_step(runs / "vae-001") > 0, "steps", process)
            process.terminate()
            process.wait()
    with watched(runs) as (monitor, snapshot):
        started = (
            resume_trainer(runs / "vae-001", "vae", DIGITS)
            if is_resumed
            else start_trainer(runs, "vae", DIGITS)
        )
        monitor.ask(Follow(started))
        number = monitor.ask(Terminate(started.run))
        wait_until(lambda: snapshot().wishes >= number, "the wish")
        assert started.process.wait(PATIENCE) != 0
        wait_until(lambda: not snapshot().training(), "its end")
        panels = snapshot().panels
        assert [run.state for run in panels.values()] == (["stopped"] if is_resumed else [])
        assert not snapshot().starting


@pytest.mark.parametrize("more", [0, 15])
def test_a_trainer_is_nicer_than_the_screen_or_as_nice(more: int, tmp_path: Path) -> None:
    ours = min(19, os.getpriority(os.PRIO_PROCESS, 0) + more)
    script = (
        "import sys; from pathlib import Path\n"
        "from aetui.processes.trainer import start_trainer\n"
        "from aetui.processes.trainer_options import TrainerOptions\n"
        "options = TrainerOptions('digits', device='cpu')\n"
        "print(start_trainer(Path(sys.argv[1]), 'vae', options).process.pid)\n"
    )
    command = ["nice", "-n", str(more), sys.executable, "-c", script, str(tmp_path)]
    pid = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    try:
        assert os.getpriority(os.PRIO_PROCESS, pid) == max(10, ours)
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux changes another process's limits"
)
def test_a_trainer_that_an_exception_ends_says_so(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Out of memory, for real."""
    settings = {"epochs": 100_000, "batch_size": 16}
    with watched(runs) as (monitor, snapshot):
        started = start_trainer(runs, "vae", DIGITS, settings)
        monitor.ask(Follow(started))
        wait_until(lambda: newest_step(started.run) > 5, "steps")
        resource.prlimit(started.process.pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
        wait_until(started.exit_reason, "its end")
        assert started.process.wait() not in (0, -signal.SIGKILL)
        assert lock_holder(started.run) is None
        assert state(runs, capsys) == "failed"
        wait_until(lambda: snapshot().panels["vae"].state == "failed", "failed")
        assert snapshot().panels["vae"].cause
        assert "\x1b" not in last_log_line(started.run)


def test_a_trainer_that_cannot_start_leaves_its_reason(runs: Path) -> None:
    with watched(runs) as (monitor, snapshot):
        options = TrainerOptions("folder:/nowhere", device="cpu")
        monitor.ask(Follow(start_trainer(runs, "vae", options)))
        wait_until(lambda: "vae" in snapshot().starting, "starting")
        wait_until(lambda: snapshot().starting["vae"].exit_reason, "its end")
        assert "/nowhere is not a folder" in snapshot().starting["vae"].exit_reason


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


def send(number: signal.Signals) -> None:
    """To the inference process."""
    command = ["pgrep", "-P", str(os.getpid()), "-f", "aetui.ml.serve"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert len(found) == 1
    os.kill(int(found[0]), number)


async def test_a_killed_inference_process_is_started_again_and_answers(tmp_path: Path) -> None:
    assert train_here("vae", tmp_path, "--epochs", "1") == 0
    run, z = tmp_path / "vae-001", {"z": np.zeros((1, 2), np.float32)}
    async with served() as (inference, notices):
        first = await asyncio.wait_for(inference.ask("decode", run, z), PATIENCE)
        send(signal.SIGKILL)
        second = await asyncio.wait_for(inference.ask("decode", run, z), PATIENCE)
        assert np.array_equal(first.arrays["images"], second.arrays["images"])
        send(signal.SIGSTOP)  # or it might answer before it dies
        asked = asyncio.create_task(inference.ask("decode", run, z))
        await asyncio.sleep(0)  # it is on its way
        send(signal.SIGKILL)
        third = await asyncio.wait_for(asked, PATIENCE)
        assert np.array_equal(first.arrays["images"], third.arrays["images"])
        restarts = [
            notice.header["message"] for notice in notices if notice.header["kind"] == "restarted"
        ]
        assert restarts == ["The inference process ended (signal 9) and was started again."] * 2


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
        assert (await asyncio.wait_for(newer, PATIENCE)).arrays["images"].shape == (1, 1, 28, 28)
        with pytest.raises(Superseded):
            await older
        with pytest.raises(BadInput, match="a code of 3 numbers"):
            await inference.ask("decode", run, {"z": np.zeros((1, 3), np.float32)})
        with pytest.raises(BadInput, match="is not a run"):
            await inference.ask("decode", tmp_path / "gone", z)


async def test_an_inference_process_that_never_comes_up_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # no Python starts there
    async with served() as (inference, notices):
        with pytest.raises(BadInput, match="cannot be kept running"):
            await asyncio.wait_for(inference.ask("decode", tmp_path), PATIENCE)
        assert notices[-1].header["kind"] == "given_up"
