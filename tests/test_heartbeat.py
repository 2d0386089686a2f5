"""A run whose lock cannot be seen: on another machine, or through a mount without common locks."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aetui.cli.main import main
from aetui.errors import BadInput
from aetui.ml.training.machine_meter import GpuMeter
from aetui.processes.trainer import resume_trainer, signal_trainer
from aetui.processes.trainer_options import TrainerOptions
from aetui.runs.heartbeat import FRESH, process_table, read_beat
from aetui.runs.lock import lock_holder
from aetui.runs.summary import summarise
from tests.pilot import messages, opened, panel, until
from tests.trainers import PATIENCE, events, newest_step, records, train_here, trainer, wait_until

LONG = ("--epochs", "100000")
ELSEWHERE = {"host": "gpu-box", "pid": 4711, "processes": "another boot", "started": "1"}


def leave_beat(run: Path, **changes: Any) -> None:
    beat = {**ELSEWHERE, "time": time.time(), **changes}
    (run / "heartbeat").write_text(json.dumps(beat))


@pytest.fixture
def stopped(trained: Path, tmp_path: Path) -> Path:
    """A run with an epoch to go, that nobody trains."""
    run = tmp_path / "vae-001"
    shutil.copytree(trained / run.name, run)
    config = (run / "config.json").read_text()
    (run / "config.json").write_text(config.replace('"epochs": 2', '"epochs": 3'))
    return run


def test_a_trainer_beats_while_it_trains(tmp_path: Path) -> None:
    run = tmp_path / "vae-001"
    with trainer("vae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        first = read_beat(run)
        assert first is not None
        assert (first.host, first.pid) == (platform.node(), process.pid)
        wait_until(lambda: read_beat(run) != first, "another beat", process)
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: events(run)[-1] == "paused", "paused", process)
        paused = read_beat(run)
        wait_until(lambda: read_beat(run) != paused, "a beat while it is paused", process)
        use = (read_beat(run) or first).use
        assert use is not None
        assert (use.gpu_percent, use.gpu_celsius) == (None, None)
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = int(status.partition("VmRSS:")[2].split()[0]) * 1.024e-3  # MB
        assert use.memory_mb == pytest.approx(resident, rel=0.2)
        process.terminate()
        process.wait(PATIENCE)
    assert read_beat(run) is None


def test_a_killed_trainer_of_this_machine_is_known_to_be_dead(tmp_path: Path) -> None:
    run = tmp_path / "vae-001"
    with trainer("vae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        process.kill()
        wait_until(lambda: summarise(run).state == "failed", "failed")  # before it is reaped
        process.wait()
    beat = read_beat(run)
    assert beat is not None
    assert beat.is_alive is False
    with trainer("vae", tmp_path, "--resume", run.name) as process:
        wait_until(lambda: "resumed" in events(run), "resumed", process)


def test_a_fresh_beat_from_elsewhere_is_a_running_training(
    stopped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_beat(stopped)
    assert summarise(stopped).state_text == "running on gpu-box"
    assert main(["runs", "--runs", str(stopped.parent)]) == 0
    assert "running on gpu-box" in capsys.readouterr().out
    for act in (
        lambda: signal_trainer(stopped, signal.SIGTERM),
        lambda: resume_trainer(stopped, "vae", TrainerOptions()),
    ):
        with pytest.raises(BadInput, match=r"running on gpu-box \(process 4711\)"):
            act()


def test_without_a_driver_a_gpu_has_no_figures() -> None:
    if Path("/proc/driver/nvidia/version").exists():
        pytest.skip("there is a driver here")
    assert GpuMeter("00000000-0000-0000-0000-000000000000").read() == {}


async def test_the_panel_shows_the_machine_that_trains(stopped: Path) -> None:
    gpu = {"gpu_percent": 97, "gpu_memory_mb": 1234.5, "gpu_total_mb": 80000, "gpu_celsius": 54}
    leave_beat(stopped, use={**gpu, "gpu_watts": 311.4, "cpu_percent": 101.2, "memory_mb": 2100})
    async with opened(stopped.parent) as (app, pilot):
        line = "GPU  97 %  1.2 of 80 GB  54 °C  311 W  CPU  101 %"
        await until(pilot, lambda: line in panel(app, "vae"))
        leave_beat(stopped, use={"cpu_percent": 250, "memory_mb": 800, "gpu_watts": "\x1b[2J"})
        await until(pilot, lambda: "\nCPU  250 %  0.8 GB\n" in panel(app, "vae"))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "   CPU  250 %  0.8 GB" in panel(app, "vae"))
        (stopped / "heartbeat").unlink()
        await until(pilot, lambda: "CPU" not in panel(app, "vae"))


@pytest.mark.parametrize(
    "use", [[], "x", {}, {"cpu_percent": -1}, {"memory_mb": 1e300}, {"memory_mb": None}]
)
def test_rubbish_in_place_of_figures_is_none(use: Any, stopped: Path) -> None:
    leave_beat(stopped, use=use)
    beat = read_beat(stopped)
    assert beat is not None
    assert beat.use is None
    assert summarise(stopped).state_text == "running on gpu-box"


@pytest.mark.parametrize(
    ("clock", "written", "state"),
    [
        (-300, 0, "running on gpu-box"),  # its clock is five minutes behind
        (300, 0, "running on gpu-box"),
        (0, -300, "running on gpu-box"),  # the file server's is
        (-300, -300, "done"),  # it died five minutes ago
        (-3600, 0, "done"),  # a copy of a run that was killed an hour ago
    ],
)
def test_a_clock_that_is_wrong_kills_nobody(
    clock: int, written: int, state: str, stopped: Path
) -> None:
    leave_beat(stopped, time=time.time() + clock)
    os.utime(stopped / "heartbeat", (time.time() + written,) * 2)
    os.utime(stopped / "metrics.jsonl", (time.time() - 400,) * 2)
    assert summarise(stopped).state_text == state


def test_a_copy_of_a_run_that_trains_does_not_train(tmp_path: Path) -> None:
    """The beat was copied too, and its process lives."""
    run, copy = tmp_path / "vae-001", tmp_path / "copy"
    with trainer("vae", tmp_path, *LONG, "--save-every", "0") as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: events(run)[-1] == "paused", "paused", process)
        shutil.copytree(run, copy)
        beat = json.loads((copy / "heartbeat").read_text())
        leave_beat(copy, **{**beat, "time": time.time() - FRESH - 1})
        assert summarise(copy).state == "failed"
        assert summarise(run).state == "paused"
        with trainer("vae", tmp_path, "--resume", "copy") as second:
            wait_until(lambda: "resumed" in events(copy), "resumed", second)
        process.send_signal(signal.SIGSTOP)  # it beats no more, and has the run all the same
        leave_beat(copy, **{**beat, "time": time.time() - FRESH - 1})
        wait_until(lambda: summarise(copy).state_text.endswith(f"on {beat['host']}"), "stopped")


async def test_the_app_says_where_it_runs_and_refuses_to_touch_it(stopped: Path) -> None:
    """The beat is of a process that lives, as through a mount whose locks are not seen."""
    parent = os.getppid()
    started = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[19]
    leave_beat(stopped, pid=parent, processes=process_table(), started=started)
    async with opened(stopped.parent) as (app, pilot):
        await until(pilot, lambda: "running on gpu-box" in panel(app, "vae"))
        for key in "xp":
            await pilot.press(key)
            await until(pilot, lambda: any("gpu-box" in text for text in messages(app)))
            app.clear_notifications()
            await until(pilot, lambda: not messages(app))


def test_a_beat_that_goes_on_keeps_a_second_trainer_out(
    stopped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other machine's clock is five minutes ahead: only that the beats go on counts."""
    ended = threading.Event()

    def beat_on() -> None:
        while not ended.wait(0.2):
            leave_beat(stopped, time=time.time() + 300)

    leave_beat(stopped, time=time.time() + 300)
    other = threading.Thread(target=beat_on)
    other.start()
    before = records(stopped)
    assert train_here("vae", stopped.parent, "--resume", stopped.name) == 2
    ended.set()
    other.join()
    assert "is being trained on gpu-box by process 4711 already" in capsys.readouterr().err
    assert records(stopped) == before


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({**ELSEWHERE, "time": 1.0}),
        "",
        "{}",
        "[" * 400,
        json.dumps({**ELSEWHERE, "time": "noon"}),
        json.dumps({**ELSEWHERE, "pid": 1e400, "time": 0.0}),
        "\0" * 512,
    ],
)
def test_a_beat_of_long_ago_or_rubbish_keeps_nobody_out(text: str, stopped: Path) -> None:
    (stopped / "heartbeat").write_text(text)
    assert summarise(stopped).state == "done"
    assert train_here("vae", stopped.parent, "--resume", stopped.name) == 0
    assert not (stopped / "heartbeat").exists()


@pytest.mark.slow  # waits FRESH seconds, which is the promise
def test_a_machine_that_died_a_moment_ago_is_waited_for_and_then_followed(
    stopped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_beat(stopped)
    assert train_here("vae", stopped.parent, "--resume", stopped.name) == 0
    said = capsys.readouterr().err
    assert f"was being trained on gpu-box: waiting up to {FRESH:.0f} s" in said


def test_a_trainer_that_waits_for_another_is_stopped_at_once(stopped: Path) -> None:
    leave_beat(stopped)
    before, errors = records(stopped), stopped.parent / "errors"
    with trainer("vae", stopped.parent, "--resume", stopped.name, errors=errors) as process:
        wait_until(lambda: "waiting up to" in errors.read_text(), "it waits", process)
        process.terminate()
        assert process.wait(FRESH / 2) == 143
    assert records(stopped) == before
    assert lock_holder(stopped) is None


@pytest.fixture
def second_view(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """(a folder, the same through a mount of its own that shares no locks with it)."""
    real, view = tmp_path / "real", tmp_path / "view"
    real.mkdir()
    view.mkdir()
    if shutil.which("bindfs"):
        mount = ["bindfs", str(real), str(view)]
    else:
        disk = tmp_path / "disk"
        disk.mkdir()
        own = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=False)
        if own.returncode:
            pytest.skip("this user may not mount a file system")
        (disk / "upper").mkdir()
        (disk / "work").mkdir()
        layers = f"lowerdir={real},upperdir={disk / 'upper'},workdir={disk / 'work'}"
        mount = ["mount", "-t", "overlay", "-o", layers, "overlay", str(view)]
    try:
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("neither bindfs nor an overlay can be mounted here")
        yield real, view
    finally:
        for place in (view, tmp_path / "disk"):
            if os.path.ismount(place):
                subprocess.run(["umount", "-l", str(place)], check=True)


def test_through_a_mount_without_common_locks_a_run_is_running_and_kept(
    second_view: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    real, view = second_view
    with trainer("vae", real, *LONG, "--save-every", "0") as process:
        wait_until(lambda: newest_step(real / "vae-001") > 30, "steps", process)
        seen = view / "vae-001"
        assert lock_holder(seen) is None, "the mount shares its locks, so nothing is tested"
        assert summarise(seen).state_text == f"running on {platform.node()}"
        assert train_here("vae", view, "--resume", "vae-001") == 2
        who = f"on {platform.node()} by process {process.pid} already"
        assert f"vae-001 is being trained {who}" in capsys.readouterr().err
        with pytest.raises(BadInput, match=f"running on {platform.node()}"):
            signal_trainer(seen, signal.SIGTERM, platform.node())
        with pytest.raises(BadInput, match=f"running on {platform.node()}"):
            resume_trainer(seen, "vae", TrainerOptions())
        step = newest_step(real / "vae-001")
        wait_until(lambda: newest_step(real / "vae-001") > step, "further steps", process)
    assert events(real / "vae-001").count("started") == 1
