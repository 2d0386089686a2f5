"""Quality of the codes: the figures that the app works out, and what it says of bad codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from aetui.ml.checkpoint import load_model
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.quality.classes import class_figures
from aetui.tui.app import AetuiApp
from aetui.tui.screens.scatter_quality import QualityScreen
from aetui.tui.widgets.chart import Chart
from tests.made_runs import COLOUR, make_plane_run
from tests.pilot import opened, run_command, shown, until
from tests.trainers import train_here


def figures(app: AetuiApp) -> dict[str, str]:
    lines = shown(app, "#figures-table").splitlines()
    return {line[:24].strip(): line[24:].strip() for line in lines}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_figures_are_those_of_scikit_learn(size: tuple[int, int], trained: Path) -> None:
    data = load("digits", None)
    with torch.inference_mode():
        codes, _ = load_model(trained / "vae-001").encode(to_float(data.test_images))
    points, labels = codes.numpy(), data.test_labels.numpy()
    found = class_figures(points, labels)
    async with opened(trained, size) as (app, pilot):
        await pilot.press("3")
        await run_command(app, pilot, "Quality of the codes")
        await until(pilot, lambda: isinstance(app.screen, QualityScreen))
        await until(pilot, lambda: "360 codes" in shown(app, "#quality-progress"))
        table = figures(app)
        for k in (1, 5):
            right = KNeighborsClassifier(k).fit(points, labels).predict(None) == labels
            shown_percent = float(table[f"kNN accuracy, k = {k}"].split()[0])
            assert shown_percent == pytest.approx(100 * right.mean(), abs=0.1)
        assert found.linear_probe is not None
        assert found.kmeans_purity is not None
        assert table["linear probe accuracy"] == f"{found.linear_probe * 100:.1f} %"
        assert table["k-means purity"] == f"{found.kmeans_purity * 100:.1f} %"
        assert table["k-means NMI"] == f"{found.kmeans_nmi:.3f}"
        assert "of the test error is reconstruction" in shown(app, "#shares")
        assert app.screen.query_one(Chart)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, QualityScreen))


async def test_it_can_be_left_before_the_end_and_begun_again(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("3", "y")
        await until(pilot, lambda: isinstance(app.screen, QualityScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, QualityScreen))
        await pilot.press("y")
        await until(pilot, lambda: "360 codes" in shown(app, "#quality-progress"))


async def test_without_the_images_the_map_has_the_codes(tmp_path: Path) -> None:
    make_plane_run(tmp_path, shape=COLOUR)
    async with opened(tmp_path, (80, 24)) as (app, pilot):
        await pilot.press("3", "y")
        await until(pilot, lambda: "300 codes" in shown(app, "#quality-progress"))
        assert "as the map keeps them" in shown(app, "#quality-progress")
        assert figures(app)["linear probe accuracy"].endswith("%")


@pytest.mark.parametrize(("beta", "words"), [("100", "lower beta"), ("0", "raise beta")])
async def test_scatter_says_where_codes_say_too_little_or_lie_far_out(
    beta: str, words: str, tmp_path: Path
) -> None:
    assert train_here("vae", tmp_path, "--epochs", "20", "--beta", beta, "--lr", "0.01") == 0
    async with opened(tmp_path, (80, 24)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: words in shown(app, "#advice"))
        await pilot.press("y")
        await until(pilot, lambda: words in shown(app, "#quality-advice"))
