"""A training that was stopped at any step and resumed equals one that was not, bit for bit."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest
import torch

from aetui.ml import checkpoint
from aetui.processes.children import python_code, python_command
from aetui.runs.directory import PREVIOUS
from tests.trainers import curve, events, newest_step, train_here, trainer, wait_until

MODELS = ("vae", "dae")
EPOCHS = "3"  # of 22 steps


def final_state(run: Path) -> dict[str, object]:
    """What the newest checkpoint holds, without the seconds that it took."""
    _, payload, warning = checkpoint.restore(run)
    assert not warning
    del payload["elapsed"]
    return payload


def assert_equal_runs(run: Path, other: Path) -> None:
    assert curve(run) == curve(other)
    assert_equal_states(final_state(run), final_state(other))


def assert_equal_states(one: object, other: object, where: str = "") -> None:
    assert type(one) is type(other), where
    if isinstance(one, torch.Tensor):
        assert isinstance(other, torch.Tensor)
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert isinstance(other, dict)
        assert one.keys() == other.keys(), where
        for key, value in one.items():
            assert_equal_states(value, other[key], f"{where}/{key}")
    elif isinstance(one, list | tuple):
        assert isinstance(other, list | tuple)
        assert len(one) == len(other), where
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_equal_states(left, right, f"{where}/{number}")
    else:
        assert one == other, where


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vae-001 and dae-001, trained in one go."""
    runs = tmp_path_factory.mktemp("unbroken")
    for model in MODELS:
        assert train_here(model, runs, "--epochs", EPOCHS, "--seed", "7") == 0
    return runs


def train_and_terminate(model: str, run: Path, options: list[str], delay: float) -> int:
    """Train here, and send SIGTERM `delay` seconds after the loop began; the exit code."""
    ended = threading.Event()
    begun = len(events(run))

    def stop_soon() -> None:
        # Signalled before its loop, it would exit at once, or take a single step.
        while not {"started", "resumed"} & set(events(run)[begun:]):
            if ended.wait(0.001):
                return
        if not ended.wait(delay):
            os.kill(os.getpid(), signal.SIGTERM)

    # A signal that comes after the end must not end pytest.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    stopper = threading.Thread(target=stop_soon)
    stopper.start()
    code = train_here(model, run.parent, *options)
    ended.set()
    stopper.join()
    signal.signal(signal.SIGTERM, before)
    return code


@pytest.mark.parametrize("model", MODELS)
def test_stopped_at_random_steps_and_resumed_it_is_the_unbroken_training(
    model: str, unbroken: Path, tmp_path: Path
) -> None:
    chance = random.Random(1)
    run = tmp_path / f"{model}-001"
    options = ["--epochs", EPOCHS, "--seed", "7"]
    stops = 0
    while code := train_and_terminate(model, run, options, chance.uniform(0, 0.03)):
        assert code == 128 + signal.SIGTERM
        stops += 1
        options = ["--resume", run.name]
    assert stops >= 3, "nothing was stopped, so nothing was tested"
    assert_equal_runs(run, unbroken / run.name)


@pytest.mark.parametrize("model", MODELS)
def test_killed_and_resumed_it_is_the_unbroken_training(
    model: str, unbroken: Path, tmp_path: Path
) -> None:
    """A kill loses the steps since the last save; they are taken again, the same."""
    run = tmp_path / f"{model}-001"
    options = ("--epochs", EPOCHS, "--seed", "7", "--save-every", "0")
    with trainer(model, tmp_path, *options) as process:
        wait_until(lambda: newest_step(run) >= 22, "an epoch", process)
        process.kill()
        process.wait()
    assert events(run)[-1] != "done", "it was too fast to be killed"
    assert train_here(model, tmp_path, "--resume", run.name) == 0
    assert_equal_runs(run, unbroken / run.name)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_command_gives_the_same_figures(model: str, tmp_path: Path) -> None:
    """With the precision and the threads that it chooses itself, and beside other processes."""
    curves = []
    for name in ("one", "other"):
        options = ["--data", "digits", "--epochs", "2", "--seed", "7", "--name", name]
        command = [*python_command("aetui"), "train", model, "--runs", str(tmp_path), *options]
        busy = subprocess.Popen(python_code("while True: pass")) if name == "other" else None
        try:
            subprocess.run(command, capture_output=True, check=True)
        finally:
            if busy is not None:
                busy.kill()
                busy.wait()
        curves.append(curve(tmp_path / name))
    assert curves[0] == curves[1]
    assert_equal_states(final_state(tmp_path / "one"), final_state(tmp_path / "other"))


def test_a_signal_at_the_end_of_an_epoch_does_not_skip_its_score(tmp_path: Path) -> None:
    """One step an epoch: every signal comes at the end of one."""
    options = ("--epochs", "30", "--batch-size", "1437")
    assert train_here("vae", tmp_path / "whole", *options) == 0
    run = tmp_path / "vae-001"
    with trainer("vae", tmp_path, *options) as process:
        wait_until(lambda: newest_step(run) >= 2, "two steps", process)
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGTERM
    assert train_here("vae", tmp_path, "--resume", run.name) == 0
    assert len([line for line in curve(run) if line["kind"] == "epoch"]) == 30
    assert curve(run) == curve(tmp_path / "whole" / run.name)


def test_what_a_gpu_saved_goes_on_without_one(unbroken: Path, tmp_path: Path) -> None:
    """On a GPU the optimizer's rate is a tensor, for a graph; it must not come along to a CPU."""
    run = tmp_path / "vae-001"
    assert train_here("vae", tmp_path, "--epochs", EPOCHS, "--seed", "7", "--save-every", "0") == 0
    saved = torch.load(run / PREVIOUS, weights_only=True)
    assert 0 < saved["step"] < newest_step(run), "nothing is left to train"
    for group in saved["optimizer"]["param_groups"]:
        group |= {"lr": torch.tensor(1e-3), "capturable": True}
    saved["cuda_rng"] = torch.zeros(16, dtype=torch.uint8)
    del saved["format"]
    checkpoint.save(run, saved)
    assert train_here("vae", tmp_path, "--resume", run.name) == 0
    assert_equal_runs(run, unbroken / run.name)
