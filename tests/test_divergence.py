"""A loss that explodes: the training ends, keeps what was sound, and says what to do."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from aetui.ml.checkpoint import load_model, restore
from aetui.runs.summary import summarise
from tests.trainers import records, train_here


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("vae", ["--hidden", "512,256,128", "--epochs", "12"]),  # explodes, and stays finite
        (
            "vae",
            [
                "--hidden",
                "900,800,700,600,500,400,300,200,100",
                "--epochs",
                "1",
                "--batch-size",
                "8",
            ],
        ),  # overflows
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
    assert "Start again with a lower rate than --lr 1." in last["message"]
    assert f"the last save is of step {restore(run)[1]['step']}" in last["message"]
    assert last["message"] in capsys.readouterr().out
    assert summarise(run).state == "failed"
    load_model(run)
    for line in (run / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert all(math.isfinite(record["loss"]) for record in records(run, "step"))
