"""The Draw screen by its keys and the mouse, on runs that were trained on the built-in digits."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.pilot import Pilot
from textual.widgets import Input

from aetui.tui.app import AetuiApp
from aetui.tui.screens.draw import DrawScreen
from aetui.tui.widgets.canvas import Canvas
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.readout import Readout
from tests.pilot import messages, opened, run_command, until
from tests.terminal import Terminal, launch


def words(app: AetuiApp) -> str:
    return app.screen.query_one("#draw-words", Readout).text


def drawing(app: AetuiApp) -> np.ndarray:
    return app.screen.query_one(Canvas).sketch.image


def reconstruction(app: AetuiApp) -> bytes:
    return app.screen.query_one("#draw-reconstructed PixelView", PixelView).image.tobytes()


async def draw_a_bar(app: AetuiApp, pilot: Pilot[None]) -> None:
    """A vertical bar in the middle, by keys."""
    await pilot.press("w")
    await until(pilot, lambda: isinstance(app.screen, DrawScreen) and "Draw with" in words(app))
    await pilot.press("K", "K", "space", *["down"] * 16, "space")
    await until(pilot, lambda: "error" in words(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_stroke_by_keys_is_explained(trained: Path, size: tuple[int, int]) -> None:
    async with opened(trained, size) as (app, pilot):
        await draw_a_bar(app, pilot)
        columns = np.flatnonzero(drawing(app)[0].any(0))
        assert columns.min() >= 11 and columns.max() <= 17
        assert any(reconstruction(app))
        await until(pilot, lambda: "times the usual error" in words(app) or "just" in words(app))
        assert "reads as" in words(app) and "%" in words(app)
        plane = app.screen.query_one("#draw-plane", PlaneView)
        assert any("●" in strip.text for strip in plane.strips)
        stage = app.screen.query_one("#draw").region
        assert all(stage.contains_region(frame.region) for frame in app.screen.query("#draw > *"))
        if size != (80, 24):
            denoised = app.screen.query_one("#draw-denoised PixelView", PixelView)
            assert any(denoised.image.tobytes())


async def test_undo_clear_and_the_eraser(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await draw_a_bar(app, pilot)
        bar = drawing(app).copy()
        await pilot.press("x")
        assert not drawing(app).any()
        await until(pilot, lambda: "Draw with" in words(app))
        await pilot.press("u")
        assert (drawing(app) == bar).all()
        await pilot.press("e", "space", *["up"] * 4, "space")
        assert drawing(app).sum() < bar.sum()
        await pilot.press("u", "u")
        assert not drawing(app).any()


async def test_a_thicker_pen_covers_more(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await draw_a_bar(app, pilot)
        thin = drawing(app).sum()
        await pilot.press("x", "plus", "plus", "plus", "space", *["up"] * 16, "space")
        assert drawing(app).sum() > 1.5 * thin


async def test_refining_lowers_the_error_and_moves_the_code(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await draw_a_bar(app, pilot)
        code = words(app).splitlines()[-1]
        await pilot.press("f")
        await until(pilot, lambda: "refined" in words(app) and "esc stops" not in words(app))
        line = next(line for line in words(app).splitlines() if "refined" in line)
        before, after, *_ = (int(word) for word in line.split() if word.isdigit())
        assert after < before
        assert words(app).splitlines()[-1] != code


async def test_escape_ends_a_refinement(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await draw_a_bar(app, pilot)
        await pilot.press("f")
        await until(pilot, lambda: "refined" in words(app))
        await pilot.press("escape")
        await until(pilot, lambda: "esc stops" not in words(app))
        line = words(app)
        await pilot.pause(0.3)
        assert words(app) == line


async def test_test_images_follow_one_another(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("w", "g")
        frame = app.screen.query_one("#draw-canvas")
        await until(pilot, lambda: str(frame.border_title).startswith("test image #0: "))
        first = drawing(app).copy()
        await pilot.press("g")
        await until(pilot, lambda: str(frame.border_title).startswith("test image #1: "))
        assert (drawing(app) != first).any()
        await pilot.press("G")
        await until(pilot, (drawing(app) == first).all)
        await until(pilot, lambda: "error" in words(app))


async def test_without_a_run_the_screen_says_what_to_press(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: app.screen.has_class("-empty"))


@pytest.mark.parametrize("model", ["vae", "dae"])
async def test_one_model_is_enough(model: str, trained: Path, tmp_path: Path) -> None:
    (tmp_path / f"{model}-001").symlink_to(trained / f"{model}-001")
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("6", "g")
        await until(pilot, lambda: any(drawing(app).flat))
        shown = "#draw-reconstructed" if model == "vae" else "#draw-denoised"
        view = app.screen.query_one(f"{shown} PixelView", PixelView)
        await until(pilot, lambda: bool(view.image.any() and view.region.width))
        assert sum(frame.display for frame in app.screen.query("FramedPicture")) == 1


def mouse(terminal: Terminal, button: int, column: int, row: int, end: str = "M") -> None:
    """An event of the mouse as a terminal sends it; cells count from 1."""
    os.write(terminal.fd, f"\x1b[<{button};{column};{row}{end}".encode())
    terminal.read(0.03)


def test_the_mouse_draws_in_a_terminal(trained: Path) -> None:
    with launch(trained) as terminal:
        terminal.wait("Train")
        terminal.press("w")
        terminal.wait("Draw with the mouse")
        mouse(terminal, 0, 20, 10)
        for row in range(11, 25):
            mouse(terminal, 32, 20, row)
        mouse(terminal, 0, 20, 24, "m")
        terminal.wait("nats")
        colours = {terminal.screen.buffer[row][19].bg for row in range(9, 23)}
        assert "000000" not in colours
        assert terminal.screen.buffer[15][30].bg == "000000"
        terminal.press("u")
        terminal.wait("Draw with the mouse")


def is_titled(app: AetuiApp, title: str) -> bool:
    """Whether the canvas's frame says where the picture is from."""
    return str(app.screen_stack[0].query_one("#draw-canvas").border_title) == title


async def open_file(app: AetuiApp, pilot: Pilot[None], path: Path) -> None:
    await pilot.press("i")
    await until(pilot, lambda: app.screen.query("#path"))
    app.screen.query_one("#path", Input).value = str(path)
    await pilot.press("enter")


async def test_a_picture_is_opened_from_its_path(trained: Path, tmp_path: Path) -> None:
    picture = Image.new("L", (90, 60))
    picture.paste(255, (30, 20, 60, 40))
    picture.convert("RGB").save(tmp_path / "white box.png")
    deep = np.asarray(picture).astype(np.uint16) * 200
    Image.fromarray(deep).save(tmp_path / "deep.png")
    async with opened(trained) as (app, pilot):
        await pilot.press("w")
        for name in ("white box.png", "deep.png"):
            await open_file(app, pilot, tmp_path / name)
            await until(pilot, partial(is_titled, app, name))
            filled = drawing(app)[0] > 128
            assert filled.any(0).sum() in (9, 10)
            assert filled.any(1).sum() in (6, 7)
        await pilot.press("I")
        assert (drawing(app)[0] > 128).sum() == (~filled).sum()
        await open_file(app, pilot, tmp_path / "none.png")
        await until(pilot, lambda: any("none.png" in text for text in messages(app)))


async def test_the_palette_takes_a_test_image(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, DrawScreen))
        await run_command(app, pilot, "Test image")
        await until(pilot, lambda: isinstance(app.screen, DrawScreen) and drawing(app).any())


async def test_what_has_no_room_is_a_key_away(trained: Path) -> None:
    async with opened(trained, (80, 24)) as (app, pilot):
        await draw_a_bar(app, pilot)
        frames = [app.screen.query_one(f"#draw-{name}") for name in ("reconstructed", "denoised")]
        assert [frame.display for frame in frames] == [True, False]
        assert str(frames[0].border_subtitle) == "v denoised"
        await pilot.press("v")
        assert [frame.display for frame in frames] == [False, True]
        view = frames[1].query_one(PixelView)
        await until(pilot, lambda: bool(view.image.any()))
        await pilot.press("v")
        assert [frame.display for frame in frames] == [True, False]
