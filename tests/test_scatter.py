"""Scatter by its keys, the palette and the mouse: the cursor's card, classes, colours, layers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from textual.pilot import Pilot
from textual.widgets import Input

from aetui.ml.checkpoint import load_model
from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.ml.data.load import load
from aetui.runs.latent_map import LatentMap, load_latent_map
from aetui.tui.app import AetuiApp
from aetui.tui.screens.scatter_gallery import Gallery
from aetui.tui.widgets.card import Card
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.legend import Legend
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_marks import GUTTER
from aetui.tui.widgets.readout import Readout
from tests.made_runs import COLOUR, make_plane_run
from tests.pilot import messages, opened, run_command, shown, text, until
from tests.trainers import train_here

BRAILLE = re.compile("[\u2801-\u28ff]")
SIZES = [(80, 24), (120, 40)]
Opened = tuple[AetuiApp, Pilot[None]]


@asynccontextmanager
async def scatter(runs: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Opened]:
    """The app on Scatter, its card complete."""
    async with opened(runs, size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "better than" in card(app))
        yield app, pilot


def card(app: AetuiApp) -> str:
    return "".join(one.text for one in app.screen.query(Card))


def number(app: AetuiApp) -> int:
    """The number of the test image under the cursor."""
    return int(card(app).split("#")[1].split()[0])


def has_left(app: AetuiApp, before: int) -> bool:
    return number(app) != before


def figures(app: AetuiApp) -> list[float]:
    """The numbers on the card: of each axis the code and its sigma, the error, its rank."""
    words = re.sub(r"\bz\d+ ", "", card(app))
    return [float(found) for found in re.findall(r"[+-]?\d+\.?\d*", words)]


def plane(app: AetuiApp) -> ExploreView:
    return app.screen.query_one(ExploreView)


def hidden(app: AetuiApp) -> frozenset[int]:
    return app.screen.query_one(Legend).hidden


def colours(app: AetuiApp) -> set[str]:
    """The colours of the glyphs on the map."""
    segments = [segment for strip in plane(app).strips[:-2] for segment in list(strip)[1:]]
    return {str(style.color) for text, style, _ in segments if style and text.strip()}


def grounds(app: AetuiApp) -> set[str]:
    """The colours behind the cells of the map."""
    segments = [segment for strip in plane(app).strips[:-2] for segment in strip]
    return {str(style.bgcolor) for _, style, _ in segments if style}


def picture(app: AetuiApp, selector: str) -> bytes:
    return app.screen.query_one(selector, PixelView).image.tobytes()


async def answer(app: AetuiApp, pilot: Pilot[None], line: str) -> None:
    """Type into the question that is asked."""
    await until(pilot, lambda: app.screen.query(Input))
    await pilot.press(*line, "enter")
    await until(pilot, lambda: not app.screen.query(Input))


def latent(runs: Path, epoch: int = 4) -> LatentMap:
    return load_latent_map(runs / "vae-001", epoch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose codes of the built-in digits spread over the plane. Not to change."""
    runs = tmp_path_factory.mktemp("made")
    make_plane_run(runs)
    return runs


@pytest.mark.parametrize("size", SIZES)
async def test_the_card_says_what_the_model_makes_of_the_image(
    made: Path, size: tuple[int, int]
) -> None:
    network = load_model(made / "vae-001")
    data = load("digits", None)
    images = data.test_images.float() / 255
    with torch.no_grad():
        z_mean, z_log_sigma = codes_of(network, images)
        errors = reconstruction_errors(network.decode(z_mean), images)
    assert z_log_sigma is not None
    async with scatter(made, size) as (app, pilot):
        before = number(app)
        await pilot.press("right")
        await until(pilot, lambda: number(app) != before)
        at = number(app)
        share = float((errors > errors[at]).float().mean() * 100)
        await until(pilot, lambda: abs(figures(app)[-1] - share) < 0.51)
        assert card(app).startswith(str(int(data.test_labels[at])))
        sigma = z_log_sigma[at].exp().tolist()
        z0, z1 = z_mean[at].tolist()
        wanted = [z0, sigma[0], z1, sigma[1], float(errors[at])]
        assert figures(app)[-6:-1] == pytest.approx(wanted, abs=0.051)
        pictures = app.screen.query_one(Card).picture
        assert pictures("pair").pixels.any()
        if size == (120, 40):
            assert pictures("difference").pixels.any() and pictures("nearest").pixels.any()
            assert "nearest test images" in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_arrows_move_to_a_code_on_that_side(made: Path, size: tuple[int, int]) -> None:
    points = latent(made).points
    ways = {"right l": (0, 1), "left h": (0, -1), "up k": (1, 1), "down j": (1, -1)}
    async with scatter(made, size) as (app, pilot):
        for keys, (axis, sign) in ways.items():
            for key in keys.split():
                before = number(app)
                await pilot.press(key)
                await until(pilot, partial(has_left, app, before))
                step = points[number(app)] - points[before]
                assert app.current_mode == "scatter"
                assert step[axis] * sign >= plane(app).view.column * 0.99
                assert abs(step[1 - axis]) <= abs(step[axis])


async def test_the_map_follows_a_cursor_that_leaves_a_part_of_it(made: Path) -> None:
    async with scatter(made) as (app, pilot):
        await pilot.press(*"+++++", *["right"] * 20)
        await pilot.pause(0.3)
        x, y = latent(made).points[number(app)].tolist()
        assert plane(app).view.contains(x, y, *plane(app).plot_size)


async def test_rings_are_drawn_where_they_can_be_seen(made: Path) -> None:
    async with scatter(made) as (app, pilot):
        await pilot.press(*"+" * 4)
        await until(pilot, lambda: len(BRAILLE.findall(text(app))) > 20)


async def test_go_to_an_image_a_class_and_coordinates(made: Path) -> None:
    found = latent(made)
    async with scatter(made) as (app, pilot):
        await pilot.press("g")
        await answer(app, pilot, "#123")
        await until(pilot, lambda: "#123" in card(app))
        await run_command(app, pilot, "Go to")
        await answer(app, pilot, "7")
        await until(pilot, lambda: card(app).startswith("7"))
        x, y = found.points[5].tolist()
        await pilot.press("g")
        await answer(app, pilot, f"{x:.4f}, {y:.4f}")
        await until(pilot, lambda: np.abs(found.points[number(app)] - [x, y]).max() < 1e-3)
        await pilot.press("g")
        await answer(app, pilot, "nowhere")
        await until(pilot, lambda: any("is no place here" in one for one in messages(app)))
        await pilot.press("g")
        await answer(app, pilot, "#4000")
        await until(pilot, lambda: any("no test image #4000" in one for one in messages(app)))


async def test_enter_opens_the_point_in_the_navigator(made: Path) -> None:
    async with scatter(made) as (app, pilot):
        x = latent(made).points[number(app), 0]
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "navigate" and "density" in text(app))
        words = app.screen.query_one("#readout", Readout).text.split()
        assert float(words[1]) == pytest.approx(x, abs=0.011)


async def test_a_click_moves_the_cursor(made: Path) -> None:
    found = latent(made)
    async with scatter(made) as (app, pilot):
        view, size = plane(app).view, plane(app).plot_size
        wanted = int(found.points[:, 0].argmax())
        x, y = found.points[wanted].tolist()
        column, row = view.to_cell(x, y, *size)
        column = min(column, size[0] - 1)
        await pilot.click(ExploreView, offset=(GUTTER + column, min(max(row, 0), size[1] - 1)))
        before = found.points[:, 0].mean()
        await until(pilot, lambda: found.points[number(app), 0] > before + view.column * 10)


@pytest.mark.parametrize("size", SIZES)
async def test_classes_are_hidden_and_shown(made: Path, size: tuple[int, int]) -> None:
    async with scatter(made, size) as (app, pilot):
        await run_command(app, pilot, "Only this class")
        label = int(card(app)[0])
        assert hidden(app) == frozenset(range(10)) - {label}
        other = (label + 1) % 10
        await run_command(app, pilot, "Show class")
        await answer(app, pilot, str(other))
        await until(pilot, lambda: hidden(app) == frozenset(range(10)) - {label, other})
        await run_command(app, pilot, "All classes")
        assert not hidden(app)
        await pilot.press("v")
        assert len(hidden(app)) == 9
        await pilot.press("a")
        assert not hidden(app)


async def test_the_legend_by_keys_and_by_the_mouse(made: Path) -> None:
    async with scatter(made) as (app, pilot):
        await pilot.press("tab", "down", "down", "space")
        assert hidden(app) == {2}
        await pilot.press("v")
        assert hidden(app) == frozenset(range(10)) - {2}
        await pilot.press("a", "tab")
        await pilot.click(Legend, offset=(0, 4))
        assert hidden(app) == {4}
        await pilot.click(Legend, offset=(0, 5), button=3)
        assert hidden(app) == frozenset(range(10)) - {5}
        await until(pilot, lambda: card(app).startswith("5"))  # the cursor is on one that is shown


@pytest.mark.parametrize("size", SIZES)
async def test_colours_say_clusters_errors_and_density(made: Path, size: tuple[int, int]) -> None:
    async with scatter(made, size) as (app, pilot):
        classes = colours(app)
        await run_command(app, pilot, "Colour by cluster")
        await until(pilot, lambda: "clusters of k-means" in text(app))
        assert colours(app) <= classes | colours(app)
        await run_command(app, pilot, "Colour by error")
        await until(pilot, lambda: "error in nats" in text(app))
        by_error = colours(app)
        assert len(by_error - classes) >= 4
        await run_command(app, pilot, "Colour by density")
        await until(pilot, lambda: "sparse" in text(app))
        await run_command(app, pilot, "Colour by label")
        assert colours(app) == classes
        await pilot.press("C")
        await until(pilot, lambda: "clusters of k-means" in text(app))
        await pilot.press("c")
        await until(pilot, lambda: "error in nats" in text(app))


async def test_glyphs_stay_when_colours_change(made: Path) -> None:
    async with scatter(made) as (app, pilot):
        before = [strip.text for strip in plane(app).strips]
        await pilot.press("D")
        assert [strip.text for strip in plane(app).strips] == before
        await pilot.press("p")
        await until(pilot, lambda: len(grounds(app)) > 8)
        assert [strip.text for strip in plane(app).strips] == before


@pytest.mark.parametrize("size", SIZES)
async def test_decisions_are_tinted_anew_for_each_part(made: Path, size: tuple[int, int]) -> None:
    async with scatter(made, size) as (app, pilot):
        plain = grounds(app)
        await run_command(app, pilot, "Decisions")
        await until(pilot, lambda: len(grounds(app)) > len(plain) + 5)
        await pilot.press("+")
        await until(pilot, lambda: len(grounds(app)) > len(plain) + 5)
        await run_command(app, pilot, "Decisions")
        assert grounds(app) <= plain | {"None"}


async def test_thumbnails_stand_on_the_map(made: Path) -> None:
    async with scatter(made) as (app, pilot):
        await run_command(app, pilot, "Thumbnails")
        await until(pilot, lambda: sum(strip.text.count("▀") for strip in plane(app).strips) > 30)
        await pilot.press("i")
        await until(pilot, lambda: not any("▀" in strip.text for strip in plane(app).strips))


@pytest.mark.parametrize("size", SIZES)
async def test_the_worst_images_and_enter_to_one_of_them(made: Path, size: tuple[int, int]) -> None:
    network = load_model(made / "vae-001")
    images = load("digits", None).test_images.float() / 255
    with torch.no_grad():
        errors = reconstruction_errors(network.decode(codes_of(network, images)[0]), images)
    worst = errors.argsort(descending=True).tolist()
    async with scatter(made, size) as (app, pilot):
        await run_command(app, pilot, "Worst images")
        await until(pilot, lambda: isinstance(app.screen, Gallery) and f"#{worst[1]}" in text(app))
        assert f"#{worst[0]}" in text(app) and f"{errors[worst[0]]:.1f} nats" in text(app)
        await pilot.press("l", "enter")
        await until(pilot, lambda: app.current_mode == "scatter" and f"#{worst[1]}" in card(app))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Gallery) and f"#{worst[0]}" in text(app))
        await pilot.press("pagedown", "escape")
        assert not isinstance(app.screen, Gallery)


async def test_without_the_images_the_map_works_and_says_so(tmp_path: Path) -> None:
    make_plane_run(tmp_path, shape=COLOUR)
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "is not on this machine" in card(app))
        before = number(app)
        await pilot.press("right")
        await until(pilot, lambda: number(app) != before)
        assert "z0" in card(app) and "nats" not in card(app)
        await pilot.press("E")
        await until(pilot, lambda: any("is not on this machine" in one for one in messages(app)))
        await pilot.press("D")
        await until(pilot, lambda: "sparse" in text(app))
        await pilot.press("p")
        await until(pilot, lambda: len(grounds(app)) > 3)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, Gallery))
        await until(pilot, lambda: "is not on this machine" in shown(app, "#gallery-words"))
        await pilot.press("escape", "i")
        await until(pilot, lambda: len(messages(app)) > 1)


async def test_eight_axes_and_an_epoch_that_is_held(tmp_path: Path) -> None:
    assert train_here("vae", tmp_path, "--epochs", "2", "--latent-dim", "8") == 0
    first, second = latent(tmp_path, 2).axes
    async with scatter(tmp_path) as (app, pilot):
        assert f"z{first} " in card(app) and f"z{second} " in card(app)
        assert f"z{first}, z{second} of 8" in shown(app, "#about")
        at = number(app)
        plain = grounds(app)
        await pilot.press("p")
        await until(pilot, lambda: grounds(app) - plain)
        await pilot.press(",")
        await until(pilot, lambda: "weights of this epoch" in card(app))
        assert number(app) == at and "nats" not in card(app)
        await pilot.press(".")
        await until(pilot, lambda: "nats" in card(app) and number(app) == at)
