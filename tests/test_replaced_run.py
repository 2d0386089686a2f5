"""With the app open, a run is deleted and another trained under its name: that one is shown."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aetui.tui.app import AetuiApp
from aetui.tui.widgets.readout import Readout
from tests.pilot import messages, opened, panel, shown, until
from tests.trainers import train_here, trainer

SCREENS = ("1", "2", "3", "4", "5")


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three runs of the name vae-001."""
    options = {
        "first": ("--epochs", "1", "--latent-dim", "2"),
        "longer": ("--epochs", "3", "--latent-dim", "5", "--seed", "7"),
        "as long": ("--epochs", "1", "--latent-dim", "5", "--seed", "7"),
    }
    folder = tmp_path_factory.mktemp("trainings")
    for name, settings in options.items():
        assert train_here("vae", folder / name, *settings) == 0
    return {name: folder / name / "vae-001" for name in options}


def words(app: AetuiApp) -> str:
    return app.screen.query_one(Readout).text


def says_epochs(app: AetuiApp, epochs: str) -> bool:
    """Whether the screen names vae-001 with so many epochs done."""
    if app.current_mode == "train":
        return f"epoch   {epochs.replace('/', '.00/')}" in panel(app, "vae")
    return f"vae-001 · digits · epoch {epochs}" in shown(app, "#top-bar")


async def visit(app: AetuiApp, pilot: Pilot[None], epochs: str) -> None:
    """Every screen shows that run, without a word of complaint."""
    for key in ("1", "3", "4", "5"):
        await pilot.press(key)
        await until(pilot, partial(says_epochs, app, epochs))
        if app.current_mode != "train":
            await until(pilot, lambda: not app.screen.has_class("-empty"))
    assert not messages(app)


@pytest.mark.parametrize("where", SCREENS)
@pytest.mark.parametrize(("successor", "epochs"), [("longer", "3/3"), ("as long", "1/1")])
async def test_a_run_that_takes_anothers_name_is_shown(
    where: str, successor: str, epochs: str, trainings: dict[str, Path], tmp_path: Path
) -> None:
    """Of other epochs or of the same, and of another latent_dim."""
    run = tmp_path / "vae-001"
    shutil.copytree(trainings["first"], run)
    async with opened(tmp_path) as (app, pilot):
        await visit(app, pilot, "1/1")
        await until(pilot, lambda: "density" in words(app))
        await pilot.press("right", "right", where)
        shutil.rmtree(run)
        shutil.copytree(trainings[successor], run)
        await visit(app, pilot, epochs)
        await until(pilot, lambda: "1/3 others" in words(app))
        await pilot.press("right")
        await until(pilot, lambda: "+0.30" in words(app))
        assert not messages(app)


async def test_a_run_that_is_trained_in_anothers_place_is_shown(
    trainings: dict[str, Path], runs: Path
) -> None:
    """And while it is not there yet, its screens say that there is nothing."""
    run = runs / "vae-001"
    shutil.copytree(trainings["first"], run)
    async with opened(runs) as (app, pilot):
        await visit(app, pilot, "1/1")
        shutil.rmtree(run)
        await until(pilot, lambda: app.screen.has_class("-empty"))
        with trainer("vae", runs, "--name", "vae-001", "--epochs", "2") as process:
            while process.poll() is None:
                await pilot.press("1", "3", "4", "5")
        await visit(app, pilot, "2/2")
