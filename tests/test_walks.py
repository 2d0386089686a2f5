"""Walks that play by themselves: to a mark and back, from class to class; by key and by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from aetui.runs.latent_map import load_latent_map, save_latent_map
from aetui.tui.app import AetuiApp
from aetui.tui.screens.routes import class_centres, straight, there_and_back, tour
from aetui.tui.widgets.filmstrip import Filmstrip
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.readout import Readout
from tests.pilot import messages, opened, run_command, until

SIZES = [(80, 24), (120, 40)]


def words(app: AetuiApp) -> str:
    return app.screen.query_one(Readout).text


def place(app: AetuiApp) -> tuple[float, float]:
    parts = words(app).split()
    return float(parts[1]), float(parts[3])


def strip(app: AetuiApp) -> Filmstrip:
    return app.screen.query_one(Filmstrip)


def map_text(app: AetuiApp) -> str:
    return "\n".join(line.text for line in app.screen.query_one(PlaneView).strips)


async def open_plane(app: AetuiApp, pilot: Pilot[None]) -> None:
    await pilot.press("5")
    await until(pilot, lambda: "density" in words(app))


@pytest.mark.parametrize("size", SIZES)
async def test_a_walk_to_the_mark_and_back(size: tuple[int, int], trained: Path) -> None:
    async with opened(trained, size) as (app, pilot):
        await open_plane(app, pilot)
        await pilot.press("g")
        await until(pilot, lambda: any("no mark yet" in text for text in messages(app)))
        await pilot.press("a", "right", "right", "up")
        await until(pilot, lambda: place(app) == (0.2, 0.1))
        assert "A" in map_text(app)
        await until(pilot, lambda: strip(app).has_class("-shown"))
        await pilot.press("greater_than_sign", "g")
        await until(pilot, lambda: place(app) == (0, 0))
        await until(pilot, lambda: place(app) == (0.2, 0.1) and "g walks" in words(app))
        assert "·" in map_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: not strip(app).has_class("-shown"))
        assert "A" not in map_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_the_tour_visits_every_class_that_is_shown(
    size: tuple[int, int], trained: Path
) -> None:
    latent = load_latent_map(trained / "vae-001", 2)
    centres = class_centres(latent.points, latent.labels, frozenset())
    assert len(centres) == 10
    async with opened(trained, size) as (app, pilot):
        await open_plane(app, pilot)
        await run_command(app, pilot, "Tour")
        await until(pilot, lambda: "tour" in words(app))
        await pilot.press("space")
        await until(pilot, lambda: "paused" in words(app))
        stood = place(app)
        await pilot.pause(0.5)
        assert place(app) == stood
        await until(pilot, strip(app).query_one(PixelView).image.any)
        await run_command(app, pilot, "Faster walk")
        await pilot.press("greater_than_sign", "space")
        last = tour(np.zeros(2, np.float32), centres, 0.1).points[-1]
        await until(pilot, lambda: place(app) == pytest.approx(last, abs=0.01))


async def test_a_step_by_hand_ends_a_walk(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await open_plane(app, pilot)
        await pilot.press("v")
        await until(pilot, lambda: "tour" in words(app))
        await pilot.press("0", "right")
        await until(pilot, lambda: place(app) == (0.1, 0))
        await pilot.pause(0.5)
        assert place(app) == (0.1, 0)


@pytest.mark.parametrize("scale", [1e-4, 100.0])
async def test_a_plane_of_any_size_is_walked(scale: float, trained: Path, tmp_path: Path) -> None:
    """Sixty steps or so cross it, and the coordinates tell them apart."""
    run = shutil.copytree(trained / "vae-001", tmp_path / "vae-001")
    for path in sorted((run / "latent").iterdir())[:-1]:
        path.unlink()
    latent = load_latent_map(run, 2)
    object.__setattr__(latent, "codes", latent.codes * scale)
    object.__setattr__(latent, "extent", (-6 * scale, 6 * scale, -6 * scale, 6 * scale))
    save_latent_map(run, latent)
    async with opened(tmp_path) as (app, pilot):
        await open_plane(app, pilot)
        await pilot.press("right")
        await until(pilot, lambda: place(app)[0] == pytest.approx(0.2 * scale, rel=0.01))
        await pilot.press("L")
        await until(pilot, lambda: place(app)[0] == pytest.approx(1.2 * scale, rel=0.01))


def test_routes_begin_and_end_where_they_should() -> None:
    start, mark = np.array([0, 0], np.float32), np.array([3, 4], np.float32)
    assert len(straight(start, mark, 0.5)) == 11
    route = there_and_back(start, mark, 0.5, stops=6)
    assert route.points[[0, 10, -1]].tolist() == [[0, 0], [3, 4], [0, 0]]
    assert (route.at_stop[0], max(route.at_stop), route.at_stop[-1]) == (0, 5, 0)
    alike = there_and_back(start, start, 0.5, stops=6)
    assert alike.points.tolist() == [[0, 0]] * len(alike.points)
    centres = np.array([[5, 0], [1, 0], [3, 0]], np.float32)
    assert tour(start, centres, 1).stops.tolist() == [[1, 0], [3, 0], [5, 0]]


@pytest.mark.parametrize(
    ("key", "name", "copied"),
    [
        ("5", "Copy coordinates", "z0=0.1, z1=0"),
        ("5", "Copy path", "vae-001"),
        ("1", "Copy command", "aetui"),
        ("2", "Copy command", "aetui"),
    ],
)
async def test_what_a_person_quotes_is_copied(
    key: str, name: str, copied: str, trained: Path
) -> None:
    async with opened(trained) as (app, pilot):
        await open_plane(app, pilot)
        await pilot.press("0", "right")
        await until(pilot, lambda: place(app) == (0.1, 0))
        await pilot.press(key)
        await run_command(app, pilot, name)
        await until(pilot, lambda: copied in app.clipboard)
        assert any("Copied" in text for text in messages(app))


async def test_a_key_copies_what_is_wanted_most(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await until(pilot, lambda: app.screen.is_mounted)
        await open_plane(app, pilot)
        await pilot.press("Y")
        await until(pilot, lambda: "z0=0" in app.clipboard)
        await pilot.press("1", "Y")
        await until(pilot, lambda: app.clipboard.startswith("aetui"))
