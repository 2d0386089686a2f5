"""Data-parallel training: two processes compute what one would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainers import command, records, train_here

OPTIONS = ("--epochs", "2", "--hidden", "64,32")


def test_two_gloo_processes_have_the_curve_of_one(tmp_path: Path) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    two = tmp_path / "two"
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "aetui", *command("vae", two, *OPTIONS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert train_here("vae", tmp_path / "one", *OPTIONS) == 0
    ours = records(tmp_path / "one" / "vae-001", "step")
    theirs = records(two / "vae-001", "step")
    assert [line["step"] for line in ours] == [line["step"] for line in theirs]
    assert ours[-1]["step"] >= 20
    assert [line["loss"] for line in theirs] == pytest.approx(
        [line["loss"] for line in ours], rel=1e-4
    )
    assert [path.name for path in two.iterdir()] == ["vae-001"]
