"""A working directory with a person's own random.py, torch/ and the like: none of them is run."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.pilot import AETUI
from tests.terminal import Terminal
from tests.trainers import newest_step, wait_until

FOLDERS = ("torch", "PIL")
NAMES = ("random", "queue", "copy", "json", "signal", "numpy", "textual", "aetui", *FOLDERS)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of modules that leave a trace and end whoever imports them."""
    folder = tmp_path / "theirs"
    for name in NAMES:
        trap = f"open({str(tmp_path / 'EXECUTED')!r}, 'a').write({name!r})\nraise SystemExit(9)\n"
        place = folder / name / "__init__.py" if name in FOLDERS else folder / f"{name}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(trap)
    return folder


def test_the_app_its_trainers_and_its_inference_work_there(hostile: Path, runs: Path) -> None:
    command = [AETUI, "launch", "--runs", str(runs / "runs"), "--data", "digits"]
    with Terminal(*command, cwd=hostile, size=(80, 24)) as terminal:
        terminal.wait("Ships with")
        terminal.press("b")
        for name in ("vae-001", "dae-001"):
            wait_until(partial(newest_step, runs / "runs" / name), "steps")
        terminal.press("x", "5")
        terminal.wait("density")
        terminal.wait("▀")
        terminal.press("q")
        terminal.wait_for_end()
    assert not (hostile.parent / "EXECUTED").exists()


def test_doctor_and_torchrun_work_there(hostile: Path, tmp_path: Path) -> None:
    torchrun = [str(Path(sys.executable).parent / "torchrun"), "--no-python", "--standalone"]
    options = ["--data", "digits", "--epochs", "1", "--threads", "1", "--device", "cpu"]
    for command in (
        [AETUI, "doctor"],
        [*torchrun, AETUI, "train", "vae", "--runs", str(tmp_path / "runs"), *options],
    ):
        done = subprocess.run(command, cwd=hostile, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not (tmp_path / "EXECUTED").exists(), command
