"""A finished run that goes on: --resume NAME --epochs N with a larger N."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aetui.ml.checkpoint import restore
from aetui.runs.summary import summarise
from tests.pilot import messages, opened, panel, text, until
from tests.trainers import curve, events, records, train_here


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A finished run of two epochs."""
    return Path(shutil.copytree(trained / "vae-001", tmp_path / "vae-001"))


def test_a_finished_run_goes_on_with_the_rest_of_a_longer_schedule(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = len(records(run))
    assert train_here("vae", run.parent, "--resume", run.name, "--epochs", "4") == 0
    said = "4 epochs instead of 2: the learning rate goes on at "
    assert said in capsys.readouterr().out
    first, *_ = added = records(run)[done:]
    assert first["event"] == "resumed"
    assert said in first["message"]
    assert json.loads((run / "config.json").read_text())["hyperparameters"]["epochs"] == 4
    assert [record["epoch"] for record in added if record["kind"] == "epoch"] == [3, 4]
    rates = [record["lr"] for record in added if record["kind"] == "step"]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 1e-4 > rates[-1] > 0
    assert summarise(run).state == "done"
    assert restore(run)[1]["step"] == 4 * 22


def test_its_rates_are_those_of_a_run_of_so_many_epochs_from_the_start(
    run: Path, tmp_path: Path
) -> None:
    assert train_here("vae", run.parent, "--resume", run.name, "--epochs", "3") == 0
    whole = tmp_path / "whole"
    assert train_here("vae", whole, "--epochs", "3", "--hidden", "64,32") == 0
    ours, theirs = (curve(folder) for folder in (run, whole / "vae-001"))
    later = [
        [(line["step"], line["lr"]) for line in lines if "lr" in line and line["epoch"] > 2]
        for lines in (ours, theirs)
    ]
    assert later[0] == later[1]
    assert len(later[0]) >= 20


def test_stopped_on_the_way_it_is_resumed_without_the_epochs(run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    config["hyperparameters"]["epochs"] = 3
    (run / "config.json").write_text(json.dumps(config))
    assert train_here("vae", run.parent, "--resume", run.name) == 0
    assert "instead of" not in json.dumps(records(run))
    assert events(run)[-1] == "done"


@pytest.mark.parametrize(
    ("epochs", "problem"), [("1", "is a run of 2 epochs, not 1"), ("0", "between 1 and 100000")]
)
def test_fewer_epochs_are_refused(
    epochs: str, problem: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    assert train_here("vae", run.parent, "--resume", run.name, "--epochs", epochs) == 2
    assert problem in capsys.readouterr().err
    after = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    assert after == before


def test_other_settings_stay(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--resume", run.name, "--epochs", "4", "--lr", "0.1")
    assert train_here("vae", run.parent, *options) == 2
    assert "was started with --lr" in capsys.readouterr().err


async def test_r_on_a_finished_run_offers_more_epochs(run: Path) -> None:
    async with opened(run.parent) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in panel(app, "vae"))
        await pilot.press("r")
        await until(pilot, lambda: "Train vae-001 further" in text(app))
        assert "2 are done" in text(app)
        await pilot.press("escape")
        assert events(run)[-1] == "done"
        await pilot.press("r")
        await until(pilot, lambda: "Train vae-001 further" in text(app))
        await pilot.press("backspace", "2", "enter")  # 4 is offered
        await until(pilot, lambda: any("has finished its 2 epochs" in m for m in messages(app)))
        await pilot.press("r")
        await until(pilot, lambda: "Train vae-001 further" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "epoch   4.00/4" in panel(app, "vae"))
    assert events(run)[-1] == "done"
    assert summarise(run).epoch == 4
