"""Data-parallel training: two processes see what one would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [
    "-m",
    "aetui",
    "train",
    "vae",
    "--data",
    "digits",
    "--epochs",
    "2",
    "--hidden",
    "64,32",
    "--precision",
    "float32",
    "--threads",
    "1",
]


def curve(run: Path) -> list[tuple[int, float]]:
    records = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [(record["step"], record["loss"]) for record in records if record["kind"] == "step"]


def test_two_gloo_processes_have_the_curve_of_one(tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launcher, *COMMAND, "--runs", str(tmp_path / "two")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run(
        [sys.executable, *COMMAND, "--runs", str(tmp_path / "one")], capture_output=True, check=True
    )
    one, two = curve(tmp_path / "one" / "vae-001"), curve(tmp_path / "two" / "vae-001")
    assert [step for step, _ in one] == [step for step, _ in two]
    assert one[-1][0] >= 20
    assert [loss for _, loss in two] == pytest.approx([loss for _, loss in one], rel=1e-4)
    assert [path.name for path in (tmp_path / "two").iterdir()] == ["vae-001"]
