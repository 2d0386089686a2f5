"""The app by its keys, without a terminal: Textual's pilot presses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aetui.tui.app import AetuiApp
from aetui.tui.widgets.card import Card
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.readout import Readout
from tests.pilot import opened, shown, until
from tests.trainers import train_here


def figures(app: AetuiApp) -> str:
    return app.screen.query_one(Readout).text


def picture(app: AetuiApp, selector: str) -> bytes:
    return app.screen.query_one(selector, PixelView).image.tobytes()


@pytest.mark.parametrize("key", "2345")
async def test_with_no_run_the_screens_say_what_to_press(key: str, tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press(key)
        assert app.screen.has_class("-empty")
        assert "to train one" in shown(app, "#empty")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_an_arrow_changes_the_decoded_digit_and_the_coordinates(
    trained: Path, size: tuple[int, int]
) -> None:
    async with opened(trained, size) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: any(picture(app, "#image")))
        before, words = picture(app, "#image"), figures(app)
        await pilot.press("L", "L")
        await until(pilot, lambda: picture(app, "#image") != before)
        await until(pilot, lambda: "+1.00" in figures(app))
        assert words != figures(app)
        await pilot.press("h", "k", "0")
        await until(pilot, lambda: "+1.00" not in figures(app) and figures(app).count("+0.00") == 2)


async def test_a_key_pressed_at_once_is_not_lost(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "density" in figures(app))


async def test_a_latent_space_of_five_dimensions_shows_two_and_says_so(tmp_path: Path) -> None:
    assert train_here("vae", tmp_path, "--epochs", "1", "--latent-dim", "5") == 0
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "1/3 others" in figures(app))
        await until(pilot, lambda: any(picture(app, "#image")))
        await pilot.press("right")
        await until(pilot, lambda: "+0.10" in figures(app))


async def test_the_step_can_be_changed(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("n", "+", "right")
        await until(pilot, lambda: "+0.20" in figures(app))
        await pilot.press("-", "-", "left")
        await until(pilot, lambda: "+0.15" in figures(app))


async def test_enter_on_the_manifold_opens_that_point_in_the_navigator(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: "z0" in shown(app, "#where"))
        await pilot.press("right", "down")
        where = shown(app, "#where").split()
        await pilot.press("enter")
        await until(
            pilot,
            lambda: (
                app.current_mode == "navigate"
                and len(figures(app).split()) > 3
                and float(figures(app).split()[1]) != 0
            ),
        )
        here = figures(app).split()
        assert float(here[1]) == pytest.approx(float(where[1]), abs=0.006)
        assert float(here[3]) == pytest.approx(float(where[3]), abs=0.006)


async def test_denoise_shows_handfuls_and_sigma(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: not app.screen.has_class("-empty"))
        first = picture(app, "#clean")
        await pilot.press("space")
        await until(pilot, lambda: picture(app, "#clean") != first)
        assert "σ 0.5" in shown(app, "#label-noisy")
        noisy = picture(app, "#noisy")
        await pilot.press("+")
        await until(pilot, lambda: picture(app, "#noisy") != noisy)
        assert "σ 0.6" in shown(app, "#label-noisy")
        await pilot.press("backspace")
        await until(pilot, lambda: picture(app, "#clean") == first)


async def test_scatter_zooms_pans_and_fits(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("3")
        plane = app.screen.query_one(PlaneView)
        await until(pilot, lambda: not app.screen.has_class("-empty"))
        start = plane.view
        await pilot.press("+")
        assert plane.view.column < start.column
        await pilot.press("L")
        assert plane.view.x > start.x
        await pilot.press("0")
        assert plane.view == start
        assert "360 images" in shown(app, "#about")


async def test_the_film_of_a_training_is_walked_by_key(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "epoch 2" in shown(app, "#about"))
        plane = app.screen.query_one(PlaneView)
        await until(pilot, lambda: "nats" in app.screen.query_one(Card).text)
        last = list(plane.strips)
        await pilot.press(",")
        assert "epoch 1" in shown(app, "#about")
        assert list(plane.strips) != last
        await pilot.press(",")  # there is none before
        assert "epoch 1" in shown(app, "#about")
        await pilot.press(".")
        assert "epoch 2" in shown(app, "#about")
        await until(pilot, lambda: list(plane.strips) == last)  # with the cursor's rings


async def test_help_names_the_keys_of_the_screen(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("n", "?")
        page = app.export_screenshot().replace("&#160;", " ")
        assert "Origin" in page
        assert "trainings continue" in page
        await pilot.press("escape")
        assert app.current_mode == "navigate"
