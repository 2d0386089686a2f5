"""The Denoise screen: kinds of noise, rows, the chosen image and its place among the others."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from aetui.config import ImageShape
from aetui.noise import NOISE_KINDS, ROWS
from aetui.tui.app import AetuiApp
from aetui.tui.screens.denoise_card import DenoiseCard
from aetui.tui.screens.denoise_rows import lay_out
from aetui.tui.widgets.histogram import histogram
from aetui.tui.widgets.pixel_view import PixelView
from tests.pilot import opened, run_command, shown, text, until


async def show(app: AetuiApp, pilot: Pilot[None]) -> None:
    """Open the screen and wait until its images are there."""
    await until(pilot, lambda: "done · dae-001" in text(app))
    await pilot.press("2")
    await until(pilot, lambda: "PSNR dB" in text(app))


def card(app: AetuiApp) -> str:
    return app.screen.query_one(DenoiseCard).text


def pixels(app: AetuiApp, row: str) -> bytes:
    return app.screen.query_one(f"#{row}", PixelView).image.tobytes()


def is_labelled(app: AetuiApp, words: str) -> bool:
    return words in shown(app, "#label-noisy")


def rows_shown(app: AetuiApp) -> list[str]:
    return [row for row in ROWS if app.screen.query_one(f"#row-{row}").display]


async def test_every_kind_of_noise_by_key_and_by_name(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await show(app, pilot)
        seen = {pixels(app, "noisy")}
        clean = pixels(app, "clean")
        for kind in (*NOISE_KINDS[1:], NOISE_KINDS[0]):
            await pilot.press("c")
            await until(pilot, partial(is_labelled, app, kind.title))
            seen.add(pixels(app, "noisy"))
            assert pixels(app, "clean") == clean
        assert len(seen) == len(NOISE_KINDS)
        await run_command(app, pilot, "Noise kind: blur")
        await until(pilot, lambda: "σ 1 px" in shown(app, "#label-noisy"))
        await run_command(app, pilot, "More noise")
        await until(pilot, lambda: "σ 1.25 px" in shown(app, "#label-noisy"))


async def test_the_chosen_image_has_figures_and_a_place(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await show(app, pilot)
        assert rows_shown(app) == list(ROWS)
        await until(pilot, lambda: "better than" in card(app))
        assert "PSNR of 360 test images" in card(app)
        first, clean = card(app), pixels(app, "clean")
        await pilot.press("right")
        await until(pilot, lambda: card(app) != first)
        await pilot.press("left")
        await until(pilot, lambda: card(app) == first)
        await pilot.press("left")  # there is nothing before the first
        count = shown(app, "#psnr").count("→")
        await pilot.press(*["right"] * count)
        await until(pilot, lambda: pixels(app, "clean") != clean)
        await pilot.press("left")
        await until(pilot, lambda: pixels(app, "clean") == clean)
        last = card(app)
        await pilot.click("#clean", offset=(1, 1))
        await until(pilot, lambda: card(app) == first != last)


async def test_at_80x24_other_rows_are_a_key_away(trained: Path) -> None:
    async with opened(trained, (80, 24)) as (app, pilot):
        await show(app, pilot)
        assert rows_shown(app) == ["noisy", "denoised", "clean"]
        await pilot.press("v")
        await until(pilot, lambda: rows_shown(app) == ["denoised", "error", "median"])
        assert "best of 3 5 7" in shown(app, "#label-median")
        await until(pilot, lambda: "better than" in card(app) and "SSIM" in card(app))
        await run_command(app, pilot, "Rows")
        await until(pilot, lambda: rows_shown(app) == ["noisy", "denoised", "clean"])


@pytest.mark.parametrize("sides", [(8, 8), (28, 28), (20, 36), (128, 96)])
@pytest.mark.parametrize("room", [(80, 19), (88, 37), (168, 57)])
def test_rows_fit_their_room(sides: tuple[int, int], room: tuple[int, int]) -> None:
    columns, rows = room
    for other in (False, True):
        found = lay_out(ImageShape(1, *sides), columns, rows, other=other)
        assert len(found.rows) >= 3 and "denoised" in found.rows
        assert found.drawn.rows * len(found.rows) <= rows
        assert found.count * found.column_width <= columns
        assert found.column_at(found.column_width) == (1 if found.count > 1 else None)


def test_a_histogram_counts_and_finds_the_place() -> None:
    values = np.concatenate([np.full(30, 10.0), np.full(60, 20.0), np.full(9, 30.0)])
    found = histogram(values.astype(np.float32), 20.0, 11, 2)
    assert [line[found.column] for line in found.lines] == ["█", "█"]
    assert (found.low, found.high, found.column) == (10.0, 30.0, 5)
    assert [line[0] for line in found.lines] == [" ", "█"]
    assert found.lines[1][10] == "▃"
    assert histogram(np.ones(5, np.float32), 1.0, 4, 1).column == 0
