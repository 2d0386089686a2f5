"""Nothing that a person starts loads a library that it does not need."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from aetui.processes.children import child_environment, python_command
from aetui.protocol import LENGTHS, Packet
from aetui.runs.directory import shipped_runs
from tests.trainers import PATIENCE, newest_step, train_here, trainer, wait_until

HEAVY = ("torch._dynamo", "torchvision", "sklearn", "matplotlib", "pandas")
LOG_IMPORTS = "PYTHONPROFILEIMPORTTIME"  # has Python write each import to stderr


def imported(log: Path) -> set[str]:
    """The modules that a process has imported."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def heavy(log: Path) -> list[str]:
    modules = imported(log)
    assert "torch" in modules
    return [name for name in HEAVY if name in modules]


@pytest.mark.parametrize("data", ["mnist", "digits"])
@pytest.mark.parametrize("model", ["vae", "dae"])
def test_a_trainer(
    model: str, data: str, tmp_path: Path, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through steps, scores, maps and saves. The digits are cached: scikit-learn made them once."""
    train_here("vae", tmp_path, "--epochs", "1", "--hidden", "8", "--name", "caches")
    monkeypatch.setenv(LOG_IMPORTS, "1")
    options = ["--data", data, "--data-dir", str(mnist_dir), "--save-every", "0"]
    log, run = tmp_path / "errors", tmp_path / f"{model}-001"
    with trainer(model, tmp_path, *options, "--epochs", "1000", errors=log) as process:
        goal = 50 if data == "digits" else 1
        wait_until(lambda: newest_step(run) > goal, "steps", process)
        process.terminate()
        assert process.wait(PATIENCE) == 143
    assert heavy(log) == []


@contextmanager
def inference(mnist_dir: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*python_command("aetui.ml.serve"), str(mnist_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=child_environment(**{LOG_IMPORTS: "1"}),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_packet(process: subprocess.Popen[bytes]) -> Packet:
    assert process.stdout is not None
    header, body = LENGTHS.unpack(process.stdout.read(LENGTHS.size))
    return Packet.from_parts(process.stdout.read(header), process.stdout.read(body))


def test_the_inference_process(tmp_path: Path, mnist_dir: Path) -> None:
    """Until it has decoded a code and cleaned some images."""
    with inference(mnist_dir, tmp_path / "errors") as process:
        assert read_packet(process).header["kind"] == "ready"
        assert process.stdin is not None
        walk = {"kind": "decode", "number": 1, "run": str(shipped_runs() / "vae-mnist")}
        clean = {
            "kind": "denoise",
            "number": 2,
            "run": str(shipped_runs() / "dae-mnist"),
            "count": 3,
            "sample": 0,
            "noise": "gaussian",
            "strength": 0.5,
        }
        process.stdin.write(Packet(walk, {"z": np.zeros((1, 2), np.float32)}).to_bytes())
        process.stdin.write(Packet(clean, {}).to_bytes())
        process.stdin.flush()
        replies = {packet.header["kind"]: packet for packet in map(read_packet, [process] * 2)}
    assert "error" not in {**replies["decode"].header, **replies["denoise"].header}
    assert replies["decode"].arrays["images"].shape == (1, 1, 28, 28)
    assert heavy(tmp_path / "errors") == []
