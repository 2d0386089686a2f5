"""The best epoch of a run that overfits is kept beside the last, and can be used in its place."""

from __future__ import annotations

import json
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aetui.cli.main import main
from aetui.ml import checkpoint
from aetui.ml.checkpoint import load_model, restore
from aetui.ml.data.load import load
from aetui.ml.training.best import is_worse_by_more_than_noise
from aetui.runs.directory import BEST, latent_epochs
from aetui.runs.latent_map import load_latent_map
from tests.pilot import opened, panel, run_command, text, until
from tests.test_exact_resume import assert_equal_runs, assert_equal_states, train_and_terminate
from tests.trainers import records, train_here

OVERFIT = (
    *("--epochs", "70", "--batch-size", "4", "--augment", "0", "--lr", "0.01"),
    *("--beta", "0.05", "--latent-dim", "16", "--hidden", "64"),
)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty training images, which a network soon knows by heart."""
    digits = load("digits", None)
    file = tmp_path_factory.mktemp("few") / "few.npz"
    arrays: dict[str, Any] = {
        "x_train": digits.train_images[:20, 0].numpy(),
        "y_train": np.arange(20) % 10,
        "x_test": digits.test_images[:200, 0].numpy(),
        "y_test": digits.test_labels[:200].numpy(),
    }
    np.savez(file, **arrays)
    return file


@pytest.fixture(scope="module")
def run(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that overfits. Not to change."""
    runs = tmp_path_factory.mktemp("overfit")
    assert train_here("vae", runs, *OVERFIT, "--data", f"npz:{few}") == 0
    return runs / "vae-001"


def best_line(run: Path) -> dict[str, Any]:
    return min(records(run, "epoch"), key=lambda line: float(line["test_loss"]))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_the_best_epoch_is_kept_with_its_map(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = best_line(run)
    epoch = line["epoch"]
    assert epoch < 60, "it does not overfit, so nothing is tested"
    (event,) = (record for record in records(run, "event") if record["event"] == "best")
    assert event["best_epoch"] == epoch
    assert event["score"] == line["test_loss"]
    assert f"at epoch {epoch} is kept" in event["message"]
    runs = ("--runs", str(run.parent))
    score = json.loads(
        printed(capsys, "score", run.name, *runs, "--best", "--samples", "0", "--json")
    )
    assert score["epoch"] == epoch
    assert score["test_loss"] == pytest.approx(line["test_loss"], rel=1e-5)
    assert "recorded" in printed(capsys, "score", run.name, *runs, "--best", "--samples", "0")
    printed(capsys, "codes", run.name, *runs, "--best", "-o", str(tmp_path / "codes.npz"))
    codes = np.load(tmp_path / "codes.npz")["z_mean"]
    np.testing.assert_allclose(load_latent_map(run, epoch).codes, codes, atol=2e-2, rtol=2e-3)
    last = load_latent_map(run, latent_epochs(run)[-1]).codes
    assert np.abs(last - codes).max() > 0.1, "the last map would do as well"
    _, payload, _ = restore(run)
    assert payload["step"] == 70 * 5, "a resume uses the last"


def test_an_exported_best_is_a_run_that_ends_with_it(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    epoch, target, weights = (
        best_line(run)["epoch"],
        tmp_path / "shared",
        tmp_path / "w.safetensors",
    )
    arguments = (run.name, str(target), "--weights", str(weights), "--runs", str(run.parent))
    printed(capsys, "export", *arguments, "--best")
    assert latent_epochs(target)[-1] == epoch
    assert records(target, "epoch")[-1]["epoch"] == epoch
    assert records(target)[-1]["event"] == "done"
    assert f"test_loss {best_line(run)['test_loss']:.3f}" in (target / "config.json").read_text()
    ours, theirs = load_model(run, best=True).state_dict(), load_model(target).state_dict()
    last = load_model(run).state_dict()
    for name, tensor in ours.items():
        torch.testing.assert_close(theirs[name], tensor, rtol=2e-3, atol=2e-3)
    assert any(not torch.equal(last[name], ours[name]) for name in ours)
    assert not (target / BEST).exists()


def test_a_figure_of_the_best(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "scatter.png"
    options = ("--run", run.name, "--runs", str(run.parent), "--best", "-o", str(file))
    printed(capsys, "figure", "scatter", *options, "--dpi", "50")
    said = Image.open(file).info["Description"]
    assert f"epoch {best_line(run)['epoch']}" in said
    assert "--best" in said


def test_stopped_and_resumed_it_keeps_what_the_unbroken_training_keeps(
    run: Path, few: Path, tmp_path: Path
) -> None:
    chance = random.Random(3)
    other = tmp_path / run.name
    options = [*OVERFIT, "--data", f"npz:{few}"]
    stops = 0
    while code := train_and_terminate("vae", other, options, chance.uniform(0.05, 0.4)):
        assert code == 128 + signal.SIGTERM
        stops += 1
        options = ["--resume", other.name]
    assert stops >= 2, "nothing was stopped, so nothing was tested"
    assert_equal_runs(other, run)
    files = (torch.load(folder / BEST, weights_only=True) for folder in (other, run))
    assert_equal_states(*files)


def test_where_the_last_is_as_good_there_is_no_other(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not (trained / "vae-001" / BEST).exists()
    for command in ("score", "codes"):
        assert main([command, "vae-001", "--runs", str(trained), "--best"]) == 2
        assert "vae-001 has no best checkpoint beside its last" in capsys.readouterr().err


def test_a_damaged_best_is_refused_and_does_not_keep_a_run_from_going_on(
    run: Path, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled = Path(shutil.copytree(run, tmp_path / run.name))
    (spoiled / BEST).write_bytes((spoiled / BEST).read_bytes()[:5000])
    assert main(["score", spoiled.name, "--runs", str(tmp_path), "--best"]) == 2
    assert "best.pt is damaged" in capsys.readouterr().err
    assert train_here("vae", tmp_path, "--resume", spoiled.name, "--epochs", "71") == 0
    assert checkpoint.restore(spoiled)[1]["step"] == 71 * 5


def test_noise_is_no_difference_and_a_trend_is_one() -> None:
    rng = np.random.default_rng(0)
    kept = 0
    for _ in range(50):
        scores = list(100 + rng.normal(size=60))
        kept += any(
            is_worse_by_more_than_noise(scores[:end], min(scores[:end]), end)
            for end in range(1, 61)
        )
    assert kept <= 5
    rising = [100 + max(0, epoch - 20) * 0.8 + rng.normal() for epoch in range(60)]
    assert is_worse_by_more_than_noise(rising, min(rising), 60)
    assert not is_worse_by_more_than_noise([3.0, 1.0, 9.0, 9.0], 1.0, 4), "too few to know"


async def test_the_panel_says_so_and_the_screens_can_show_it(run: Path) -> None:
    epoch = best_line(run)["epoch"]
    async with opened(run.parent) as (app, pilot):
        await until(pilot, lambda: f"at epoch {epoch} is kept" in panel(app, "vae"))
        await pilot.press("3")
        await until(pilot, lambda: " 70/70" in text(app))
        await until(pilot, lambda: "200 images" in text(app))
        await run_command(app, pilot, "Use best checkpoint")
        await until(pilot, lambda: f" {epoch} (best)" in text(app))
        await pilot.press("5")
        await until(pilot, lambda: f" {epoch} (best)" in text(app) and "density" in text(app))
        await run_command(app, pilot, "Use last checkpoint")
        await until(pilot, lambda: " 70/70" in text(app))
