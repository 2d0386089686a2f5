"""A disk that refuses: what was there stays, what is missing is told, and the training goes on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aetui.ml.checkpoint import load_model, restore
from aetui.runs.summary import summarise
from tests.trainers import events, newest_step, records, train_here, trainer, wait_until

resource = pytest.importorskip("resource")
needs_prlimit = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux changes another process's limits"
)


def limit_files(pid: int, size: int) -> None:
    """From now on no file of that process may grow beyond `size` bytes."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill(disk: Path) -> Path:
    """Leave no room at all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


@needs_prlimit
def test_a_refused_save_is_told_and_survived(tmp_path: Path) -> None:
    run = tmp_path / "vae-001"
    with trainer("vae", tmp_path, "--epochs", "100000", "--save-every", "0") as process:
        wait_until(lambda: events(run).count("saved") >= 3, "saves", process)
        limit_files(process.pid, 100_000)  # lines still fit, checkpoints of 600 KB do not
        wait_until(lambda: events(run).count("save_failed") >= 2, "refusals", process)
        failed = next(record for record in records(run) if record.get("event") == "save_failed")
        assert "could not be saved (File too large)" in failed["message"]
        saved = [record["step"] for record in records(run) if record.get("event") == "saved"]
        assert restore(run)[1]["step"] == saved[-1]
        assert not list(run.glob(".tmp-*"))
        step = newest_step(run)
        wait_until(lambda: newest_step(run) > step, "further steps", process)
        limit_files(process.pid, resource.RLIM_INFINITY)
        wait_until(lambda: events(run)[-1] == "saved", "a save once there is room", process)
        assert restore(run)[1]["step"] > saved[-1]


@needs_prlimit
def test_a_stop_that_cannot_save_says_so(tmp_path: Path) -> None:
    run = tmp_path / "dae-001"
    with trainer("dae", tmp_path, "--epochs", "100000", "--save-every", "80000") as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        limit_files(process.pid, 20_000)
        process.terminate()
        assert process.wait(60) == 143
    *_, failed, stopped = records(run)
    assert failed["event"] == "save_failed"
    assert stopped["event"] == "stopped"
    assert "the last save is of step 0" in stopped["message"]
    assert "--resume dae-001" in stopped["message"]
    assert restore(run)[1]["step"] == 0


@needs_prlimit
def test_lines_wait_for_room_and_none_is_torn_or_written_twice(tmp_path: Path) -> None:
    run = tmp_path / "vae-001"
    log = tmp_path / "log"
    options = ("--epochs", "100000", "--save-every", "80000")
    with trainer("vae", tmp_path, *options, output=log) as process:
        wait_until(lambda: newest_step(run) > 44, "steps", process)
        # A few lines more, and a part of one.
        limit_files(process.pid, (run / "metrics.jsonl").stat().st_size + 1000)
        epochs = log.read_text().count("\nepoch")
        wait_until(lambda: log.read_text().count("\nepoch") > epochs + 5, "further epochs", process)
        assert (run / "metrics.jsonl").read_bytes().endswith(b"\n")
        kept = newest_step(run)
        limit_files(process.pid, resource.RLIM_INFINITY)
        wait_until(lambda: newest_step(run) > kept + 22 * 4, "the lines that waited", process)
    steps = [record["step"] for record in records(run, "step")]
    expected = range(steps[0], steps[-1] + 1, steps[1] - steps[0])
    assert steps == list(expected), "lines are missing"


def test_a_full_disk_below_everything(small_disk: Path) -> None:
    """Checkpoints, lines, maps and the log lie on it, as with a quota."""
    run = small_disk / "vae-001"
    options = ("--epochs", "100000", "--save-every", "0")
    with trainer("vae", small_disk, *options, output=small_disk / "log") as process:
        wait_until(lambda: events(run).count("saved") >= 2, "saves", process)
        filler = fill(small_disk)
        # Every epoch writes a map, a checkpoint and lines: a second of work is many refusals.
        used = cpu_seconds(process.pid)
        wait_until(lambda: cpu_seconds(process.pid) > used + 1, "further work", process)
        load_model(run)
        before = newest_step(run)
        filler.unlink()
        wait_until(lambda: newest_step(run) > before + 22, "further steps", process)
        wait_until(lambda: events(run)[-1] == "saved", "a save", process)
        process.terminate()
        assert process.wait(60) == 143
    assert events(run)[-1] == "stopped"
    assert "save_failed" in events(run)


@pytest.mark.parametrize("model", ["vae", "dae"])
def test_a_disk_that_was_full_from_the_start(
    model: str, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(small_disk)
    assert train_here(model, small_disk, "--epochs", "1") == 2
    error = capsys.readouterr().err
    assert error.startswith("aetui: ")
    assert "No space left on device" in error
    assert len(error.strip().splitlines()) == 1


def test_a_training_whose_last_weights_were_refused_is_not_done(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wide layers: not even the first checkpoint fits."""
    assert train_here("vae", small_disk, "--epochs", "1", "--hidden", "1024") == 1
    run = small_disk / "vae-001"
    assert summarise(run).state == "failed"
    assert events(run).count("saved") == 0
    assert "make room" in capsys.readouterr().out.lower()


def test_a_disk_that_cannot_be_written(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_here("vae", small_disk, "--epochs", "1") == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    load_model(small_disk / "vae-001")
    for options in (["--epochs", "1"], ["--resume", "vae-001"]):
        capsys.readouterr()
        assert train_here("vae", small_disk, *options) == 2
        assert "Read-only file system" in capsys.readouterr().err
    assert json.loads((small_disk / "vae-001" / "config.json").read_text())["model"] == "vae"
