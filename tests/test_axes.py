"""Latent spaces of more than two axes: which are shown, where the others are, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from textual.pilot import Pilot
from textual.widgets import Input

from aetui.ml.checkpoint import load_model
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.models.losses import kl_divergence
from aetui.ml.models.variational import Variational
from aetui.runs.latent_map import LatentMap, load_latent_map
from aetui.tui.app import AetuiApp
from aetui.tui.widgets.nearest import NearestImages
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.readout import Readout
from tests.made_runs import COLOUR, make_plane_run
from tests.pilot import messages, opened, run_command, shown, text, until
from tests.trainers import train_here

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of eight latent axes. Not to change."""
    runs = tmp_path_factory.mktemp("wide")
    assert train_here("vae", runs, "--epochs", "3", "--latent-dim", "8") == 0
    return runs


def newest(runs: Path) -> LatentMap:
    return load_latent_map(runs / "vae-001", 3)


def readout(app: AetuiApp) -> str:
    """The figures below the digit, with single blanks."""
    return " ".join(app.screen.query_one("#readout", Readout).text.split())


def others(app: AetuiApp) -> dict[str, str]:
    """What stands in the list of the other axes, by name."""
    lines = app.screen.query_one("#other-axes", Readout).text.splitlines()[1:]
    return {line[1:].split()[0]: line[1:].split()[1] for line in lines}


def decoded(runs: Path, code: np.ndarray) -> np.ndarray:
    """The image of a code, uint8 [H, W]."""
    with torch.inference_mode():
        logits = load_model(runs / "vae-001").decode(torch.tensor(code[None], dtype=torch.float32))
    return np.asarray(logits.sigmoid().mul(255).round().byte()[0, 0].numpy())


def is_image(app: AetuiApp, wanted: np.ndarray) -> bool:
    image = app.screen.query_one("#image", PixelView).image
    if image.shape != wanted.shape:
        return False
    return bool(np.abs(image.astype(int) - wanted.astype(int)).max() <= 1)


async def choose_axes(app: AetuiApp, pilot: Pilot[None], words: str) -> None:
    await pilot.press("x")
    await until(pilot, lambda: app.screen.query("#line"))
    app.screen.query_one("#line", Input).value = words
    await pilot.press("enter")


def test_a_map_keeps_what_each_axis_carries(wide: Path) -> None:
    latent, model = newest(wide), load_model(wide / "vae-001")
    assert isinstance(model, Variational)
    with torch.inference_mode():
        z_mean, z_log_sigma = model.encode(to_float(load("digits", None).test_images))
        kl = kl_divergence(z_mean, z_log_sigma).mean(0).numpy()
    assert latent.kl == pytest.approx(kl, abs=0.01)
    assert set(latent.axes) == set(np.argsort(-latent.kl)[:2].tolist())
    assert latent.basis.carried[2:].tolist() == sorted(latent.basis.carried[2:], reverse=True)


def test_principal_components_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    codes = (rng.normal(size=(400, 5)) * [3, 0.5, 2, 1, 0.1] + 4).astype(np.float32)
    plane = np.zeros((2, 2, 1, 4, 4), np.uint8)
    labels, extent = np.zeros(400, np.int64), (-1.0, 1.0, -1.0, 1.0)
    latent = LatentMap(1, codes, labels, (0, 1), plane, extent, chosen="pca")
    expected = PCA(2).fit_transform(codes)
    signs = np.sign((latent.points * expected).sum(0))
    assert latent.points == pytest.approx(expected * signs, abs=1e-3)
    back = latent.basis.codes(latent.basis.coordinates(codes))
    assert back == pytest.approx(codes, abs=1e-4)


def test_a_walk_begins_at_the_origin_of_a_prior_or_among_points() -> None:
    codes = np.random.default_rng(0).normal([12, 0, -12], 1, (300, 3)).astype(np.float32)
    plane = np.zeros((2, 2, 1, 4, 4), np.uint8)
    labels, extent = np.zeros(300, np.int64), (6.0, 12.0, -3.0, 3.0)
    points = LatentMap(1, codes, labels, (0, 1), plane, extent)
    assert points.home == pytest.approx([12, 0, -12], abs=0.3)
    assert points.home[1] == 0
    assert points.codes_at(np.array([[1, 2]], np.float32))[0] == pytest.approx([1, 2, -12], abs=0.3)
    kl = np.ones(3, np.float32)
    assert not LatentMap(1, codes, labels, (0, 1), plane, extent, kl).home.any()


@pytest.mark.parametrize("size", SIZES)
async def test_all_screens_show_the_axes_chosen(size: tuple[int, int], wide: Path) -> None:
    first, second = newest(wide).axes
    async with opened(wide, size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: f"z{first}, z{second} of 8" in shown(app, "#about"))
        assert "largest KL" in shown(app, "#about").replace("\n", " ")
        await choose_axes(app, pilot, "6 4")
        await until(pilot, lambda: "z6, z4 of 8" in shown(app, "#about"))
        await until(pilot, lambda: "z6 " in text(app) and "z4 " in text(app))
        await pilot.press("4")
        await until(pilot, lambda: "z6 " in shown(app, "#where"))
        await until(pilot, lambda: "decoding" not in shown(app, "#where"))
        await pilot.press("5")
        await until(pilot, lambda: readout(app).startswith("z6 "))
        await choose_axes(app, pilot, "pca")
        await until(pilot, lambda: readout(app).startswith("pc1 "))
        await choose_axes(app, pilot, "8 0")
        await until(pilot, lambda: any("from 0 to 7" in one for one in messages(app)))
        await choose_axes(app, pilot, "kl")
        await until(pilot, lambda: readout(app).startswith(f"z{first} "))


async def test_the_point_stays_where_it_is_when_the_axes_change(wide: Path) -> None:
    async with opened(wide) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "density" in readout(app))
        await choose_axes(app, pilot, "2 7")
        await until(pilot, lambda: readout(app).startswith("z2 "))
        await pilot.press("right", "right", "up", "pageup")
        await until(pilot, lambda: "z2 +0.20 z7 +0.10" in readout(app))
        moved = next(name for name, value in others(app).items() if value == "+0.10")
        code = np.zeros(8, np.float32)
        code[[2, 7, int(moved[1:])]] = 0.2, 0.1, 0.1
        await until(pilot, lambda: is_image(app, decoded(wide, code)))
        await choose_axes(app, pilot, f"{moved[1:]} 2")
        await until(pilot, lambda: f"{moved} +0.10 z2 +0.20" in readout(app))
        assert others(app)["z7"] == "+0.10"
        await until(pilot, lambda: is_image(app, decoded(wide, code)))
        await choose_axes(app, pilot, "pca")
        await until(pilot, lambda: readout(app).startswith("pc1"))
        await until(pilot, lambda: is_image(app, decoded(wide, code)))
        await pilot.press("0")
        await until(pilot, lambda: set(others(app).values()) == {"+0.00"})


@pytest.mark.parametrize("size", SIZES)
async def test_the_other_axes_are_moved_one_at_a_time(size: tuple[int, int], wide: Path) -> None:
    names = newest(wide).basis.names[2:]
    async with opened(wide, size) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "1/6 others" in readout(app))
        assert f"{names[0]} +0.00" in readout(app)
        await pilot.press("z", "right_square_bracket")
        await until(pilot, lambda: f"{names[1]} +0.10" in readout(app))
        assert "nats · 2/6 others" in readout(app)
        await run_command(app, pilot, "Axis down")
        await until(pilot, lambda: f"{names[1]} +0.00" in readout(app))
        await run_command(app, pilot, "Next axis")
        await until(pilot, lambda: "3/6" in readout(app))


async def test_a_code_of_scatter_is_opened_with_all_its_axes(wide: Path) -> None:
    latent = newest(wide)
    async with opened(wide) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "better than" in text(app))
        number = int(text(app).split("#")[1].split()[0])
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#readout") and "density" in readout(app))
        await until(pilot, lambda: is_image(app, decoded(wide, latent.codes[number])))


@pytest.mark.parametrize("size", SIZES)
async def test_traversals_are_a_row_an_axis_by_what_it_carries(
    size: tuple[int, int], wide: Path
) -> None:
    latent = newest(wide)
    order = np.argsort(-latent.kl).tolist()
    async with opened(wide, size) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "nearest" not in shown(app, "#where"))
        await run_command(app, pilot, "Traversals")
        await until(pilot, lambda: "axes 1 to" in shown(app, "#where"))
        named = [line.split() for line in shown(app, "#y-axis").splitlines() if line.strip()]
        assert [words[0] for words in named] == [f"z{axis}" for axis in order[: len(named)]]
        assert named[0][1:] == ["·", f"{latent.kl[order[0]]:.2g}", "nats"]
        await until(pilot, lambda: "decoding" not in shown(app, "#where"))
        assert app.screen.query_one("#tiles", PixelView).image.max() > 50
        for _ in range(8):
            await pilot.press("down")
        await until(pilot, lambda: f"z{order[-1]} " in shown(app, "#where"))
        await pilot.press("comma")
        await until(pilot, lambda: "no weights of this epoch" in shown(app, "#where"))
        await pilot.press("full_stop", "v")
        await until(pilot, lambda: "points" in shown(app, "#where"))


@pytest.mark.parametrize("width", [3, 32])
async def test_other_widths(width: int, tmp_path: Path) -> None:
    options = ("--epochs", "1", "--latent-dim", str(width))
    assert train_here("vae", tmp_path, *options) == 0
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: f"1/{width - 2} others" in readout(app))
        await pilot.press("Z", "pageup", "4", "v")
        await until(pilot, lambda: f"of {width}," in shown(app, "#where"))
        await pilot.press("3")
        await until(pilot, lambda: f"of {width} axes" in shown(app, "#about"))


async def test_two_axes_have_no_others(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "density" in readout(app))
        await pilot.press("z", "pageup", "pagedown")
        assert "other axes" not in text(app)
        await choose_axes(app, pilot, "1 0")
        await until(pilot, lambda: readout(app).startswith("z1 "))


async def test_the_nearest_images_stand_beside_the_digit(wide: Path) -> None:
    latent = newest(wide)
    distances = np.linalg.norm(latent.codes, axis=1)
    nearest = np.argsort(distances)[:6]

    def near(app: AetuiApp) -> list[str]:
        return app.screen.query_one(NearestImages).text.split()

    async with opened(wide) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: len(near(app)) == 12)
        assert near(app)[::2] == [str(label) for label in latent.labels[nearest]]
        assert near(app)[1::2] == [f"{distances[number]:.2g}" for number in nearest]
        before = near(app)
        await pilot.press("L", "L", "L")
        await until(pilot, lambda: near(app) != before)
        await pilot.press("i")
        await until(pilot, lambda: not app.screen.query_one(NearestImages).display)


async def test_the_nearest_images_at_80x24_and_without_the_data(tmp_path: Path) -> None:
    make_plane_run(tmp_path, shape=COLOUR)
    async with opened(tmp_path, (80, 24)) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "density" in readout(app))
        assert not app.screen.query_one(NearestImages).display
        await run_command(app, pilot, "Nearest images")
        await until(pilot, lambda: "is not on this machine" in text(app))
