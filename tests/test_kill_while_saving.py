"""SIGKILL at random moments of a training that mostly saves: what it leaves is always whole."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aetui.cli.main import main
from aetui.ml.checkpoint import load_model, restore
from aetui.runs.directory import TEMPORARY
from aetui.runs.lock import lock_holder
from aetui.runs.metrics import MetricsTail
from tests.trainers import PATIENCE, command, train_here

KILLS = 50


def train_in_fork(run: Path, *options: str) -> int:
    """The pid of a child that trains. Forked: importing torch 50 times would take minutes."""
    pid = os.fork()
    if pid == 0:
        code = 70
        with contextlib.suppress(BaseException):  # nothing of pytest may run in the child
            sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
            code = main(command("vae", run.parent, *options))
        os._exit(code)
    return pid


def count_saves(run: Path) -> int:
    path = run / "metrics.jsonl"
    return path.read_bytes().count(b'"event": "saved"') if path.exists() else 0


def wait_for_save(run: Path, pid: int) -> None:
    """Until the child has begun to save."""
    begun = count_saves(run)
    end = time.monotonic() + PATIENCE
    while count_saves(run) == begun:
        assert time.monotonic() < end
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), "the trainer ended by itself"
        time.sleep(0.001)


def make_images(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        values = np.random.default_rng(number).integers(0, 255, (28, 28), np.uint8)
        Image.fromarray(values).save(folder / f"{number}.png")


@pytest.mark.skipif(sys.platform == "darwin", reason="a forked torch is not safe on macOS")
def test_killed_at_50_random_moments_a_run_always_loads(tmp_path: Path) -> None:
    chance = random.Random(0)
    run = tmp_path / "vae-001"
    make_images(tmp_path / "images", 12)
    # Few images and wide layers: a step is nothing beside the save that follows it.
    small = ["--save-every", "0", "--hidden", "512", "--data", f"folder:{tmp_path / 'images'}"]
    # What torch starts once is started before the first fork.
    assert train_here("vae", tmp_path / "other", "--epochs", "1", *small) == 0
    options = ["--epochs", "100000", *small]
    kills_amid_a_save = 0
    steps: list[int] = []
    for kills in range(1, KILLS + 1):
        pid = train_in_fork(run, *options)
        wait_for_save(run, pid)
        time.sleep(chance.uniform(0, 0.05))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert lock_holder(run) is None
        kills_amid_a_save += bool(list(run.rglob(f"{TEMPORARY}*")))
        load_model(run)
        _, payload, warning = restore(run)
        assert not warning, "checkpoint.pt itself must be whole"
        read = MetricsTail(run / "metrics.jsonl").read()
        saved = [record["step"] for record in read if record.get("event") == "saved"]
        # The newest save that was recorded, or the one that came after it.
        assert saved[-1] <= payload["step"] <= saved[-1] + 1
        steps.append(payload["step"])
        # At most one torn line a kill.
        assert len(read) >= (run / "metrics.jsonl").read_bytes().count(b"\n") - kills
        options = ["--resume", run.name, "--save-every", "0"]
    assert kills_amid_a_save >= KILLS / 10, "the kills missed the saves, so nothing was tested"
    assert steps == sorted(steps), "a save was lost"


def test_stale_files_of_a_killed_trainer_are_ignored_and_removed(tmp_path: Path) -> None:
    assert train_here("vae", tmp_path, "--epochs", "2") == 0
    run = tmp_path / "vae-001"
    config = (run / "config.json").read_text()
    (run / "config.json").write_text(config.replace('"epochs": 2', '"epochs": 3'))
    stale = [
        run / ".tmp-checkpoint.pt.1",
        run / ".tmp-previous.pt.1",
        run / "latent" / ".tmp-0003.npz.1",
    ]
    for path in stale:
        path.write_bytes(b"half a file")
    load_model(run)
    assert train_here("vae", tmp_path, "--resume", run.name) == 0
    assert not any(path.exists() for path in stale)


def test_a_line_torn_by_a_kill_spoils_no_other(tmp_path: Path) -> None:
    assert train_here("vae", tmp_path, "--epochs", "1") == 0
    run = tmp_path / "vae-001"
    before = MetricsTail(run / "metrics.jsonl").read()
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(b'{"kind": "step", "time": 17')
    assert train_here("vae", tmp_path, "--resume", run.name) == 0
    after = MetricsTail(run / "metrics.jsonl").read()
    assert after[: len(before)] == before
    assert [record["event"] for record in after[len(before) :]] == ["resumed", "done"]
