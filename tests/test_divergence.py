"""A loss that explodes: the training ends, keeps what was sound, and says the possible causes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from aetui.catalog import model_spec
from aetui.config import RunConfig
from aetui.ml.checkpoint import load_model, restore
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.transforms import to_float
from aetui.ml.evaluate import TestSet, evaluate
from aetui.ml.models.base import TrainingLosses
from aetui.ml.models.registry import build
from aetui.ml.training.optimizer import make_optimizer
from aetui.ml.training.step import EagerStep
from aetui.runs.summary import summarise
from tests.trainers import records, train_here

DEEP = "900,800,700,600,500,400,300,200,100"


@pytest.mark.parametrize(
    ("model", "options"),
    [
        # Explodes, and stays finite.
        ("vae", ["--hidden", "512,256,128", "--epochs", "12"]),
        # Overflows.
        ("vae", ["--hidden", DEEP, "--epochs", "1", "--batch-size", "8"]),
        ("dae", ["--hidden", "64,128,256", "--epochs", "4", "--batch-size", "32"]),
    ],
)
def test_a_training_that_explodes_ends_with_a_reason(
    model: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_here(model, tmp_path, "--lr", "1", "--save-every", "0", *options) == 1
    run = tmp_path / f"{model}-001"
    last = records(run)[-1]
    assert last["event"] == "failed"
    assert "start again with less than --lr 1)." in last["message"]
    assert f"the last save is of step {restore(run)[1]['step']}" in last["message"]
    assert last["message"] in capsys.readouterr().out
    assert summarise(run).state == "failed"
    load_model(run)
    for line in (run / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert all(math.isfinite(record["loss"]) for record in records(run, "step"))


def test_without_noise_that_is_named_among_the_causes(tmp_path: Path) -> None:
    options = ("--hidden", "64,128,256", "--batch-size", "32", "--sigma", "0", "--lr", "1")
    assert train_here("dae", tmp_path, "--epochs", "8", *options) == 1
    message = records(tmp_path / "dae-001")[-1]["message"]
    assert "--lr 1), or --sigma 0, which leaves no noise to remove." in message


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("vae", {"hidden": (32,)}),
        ("dae", {"hidden": (4, 4, 4)}),
        ("dae", {"hidden": (4, 4, 4), "sigma": 0.0}),
    ],
)
def test_images_that_are_all_alike_are_learned_without_overflow(
    model: str, given: dict[str, float | tuple[int, ...]], value: int
) -> None:
    """Without noise a channel's first outputs do not vary at all; nothing may divide by that."""
    torch.manual_seed(0)
    settings = model_spec(model).resolve(given)
    network = build(RunConfig(model, "digits", settings))
    images = torch.full((64, 1, 28, 28), value, dtype=torch.uint8)
    network.initialise(to_float(images))
    optimizer = make_optimizer(network)
    step = EagerStep(network, TrainingLosses(network), optimizer, images, 0.1, "float32")
    losses = [float(step(torch.arange(64), settings.lr)[0]) for _ in range(40)]
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < losses[0]
    data = Dataset("alike", images, images, torch.zeros(64, dtype=torch.long), ("all",))
    scores = evaluate(network, TestSet(data, network, torch.device("cpu")), "float32")
    assert all(math.isfinite(figure) for figure in scores.record.values())
