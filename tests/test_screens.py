"""The screens of the latent plane by their keys: themes, colours, classes, crosshair, film."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.color import Color

from aetui.processes.inference import Inference
from aetui.processes.trainer_options import TrainerOptions
from aetui.terminal import TerminalProfile
from aetui.terminal.colours import Colours
from aetui.tui.app import AetuiApp
from aetui.tui.contrast import contrast
from aetui.tui.modes import MODES
from aetui.tui.theme import THEMES
from aetui.tui.widgets.classes import class_marks
from aetui.tui.widgets.legend import Legend
from aetui.tui.widgets.palette import nearest_grey
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_view import TINT, PlaneView
from aetui.tui.widgets.readout import Readout
from tests.made_runs import COLOUR, make_denoising_run, make_plane_run
from tests.pilot import opened, shown, text, until


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("made")
    make_plane_run(runs)
    make_denoising_run(runs)
    return runs


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("coloured")
    make_plane_run(runs, shape=COLOUR)
    return runs


def cells(view: PlaneView | PixelView) -> Iterator[tuple[str, Style]]:
    """Every run of cells of a widget with its style."""
    for strip in view.strips:
        for part, style, _ in strip:
            assert style is not None
            yield part, style


async def test_every_theme_is_legible_on_every_screen(made: Path) -> None:
    async with opened(made) as (app, pilot):
        for theme in THEMES:
            app.theme = theme.name
            for mode in MODES:
                await pilot.press(mode.key)
                await pilot.pause()
                assert app.current_mode == mode.name
            await pilot.press("3")
            await until(pilot, lambda: "360 images" in text(app))
            if theme.ansi:
                continue  # the terminal's own colours: nobody knows them here
            ground = app.screen.background_colors[1]
            tint = Color.from_rich_color(nearest_grey(ground, TINT))  # behind the cursor's cells
            for part, style in cells(app.screen.query_one(PlaneView)):
                assert style.bgcolor is not None
                assert style.color is not None or not part.strip()
                behind = Color.from_rich_color(style.bgcolor)
                assert behind in {ground, tint}
                if part.strip():
                    assert contrast(Color.from_rich_color(style.color), ground) >= 2.95


@pytest.mark.parametrize("colours", ["truecolor", "256", "16", "none"])
async def test_pictures_in_colour_in_every_kind_of_terminal(
    coloured: Path, colours: Colours
) -> None:
    inference = Inference()
    app = AetuiApp(coloured, TrainerOptions("digits"), inference, TerminalProfile(colours))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        view = app.screen.query_one("#image", PixelView)
        await until(pilot, lambda: len(view.strips) > 1)
        before = view.image.tobytes()
        await pilot.press("L", "L", "L")
        await until(pilot, lambda: view.image.tobytes() != before)
        found = list(cells(view))
    inference.close()
    tones = {style.color.get_truecolor() for _, style in found if style.color is not None}
    if colours in ("truecolor", "256"):
        assert any(max(tone) - min(tone) > 60 for tone in tones)
    else:
        assert len({character for part, _ in found for character in part}) > 2
    if colours == "256":
        kinds = {style.color.type for _, style in found if style.color is not None}
        assert kinds == {ColorType.EIGHT_BIT}


async def test_the_legend_names_the_classes_and_hides_them(coloured: Path) -> None:
    async with opened(coloured) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "frog" in text(app))
        plane = app.screen.query_one(PlaneView)
        drawn = {character for part, _ in cells(plane) for character in part}
        assert {"c", "d", "f"} <= drawn
        await pilot.press("tab", "enter")
        drawn = {character for part, _ in cells(plane) for character in part}
        assert "c" not in drawn and {"d", "f"} <= drawn
        await pilot.press("v")
        drawn = {character for part, _ in cells(plane) for character in part}
        assert "c" in drawn and not {"d", "f"} & drawn
        await pilot.press("a")
        assert not app.screen.query_one(Legend).hidden
        await pilot.click(Legend, offset=(2, 1))
        drawn = {character for part, _ in cells(plane) for character in part}
        assert "d" not in drawn
        await pilot.press("n")
        await until(pilot, lambda: "frog" in text(app))


def test_a_class_is_drawn_as_its_own_first_letter_where_it_is_unique() -> None:
    assert class_marks(tuple("0123456789")).glyphs == tuple("0123456789")
    assert class_marks(("Anna", "Bert", "Lea")).glyphs == ("A", "B", "L")
    shirts = class_marks(("Trouser", "T-shirt", "Coat")).glyphs
    assert len(set(shirts)) == 3 and shirts[2] == "C"
    many = class_marks([f"class {number}" for number in range(100)])
    assert set(many.glyphs) == {"•"}


async def test_the_map_follows_the_crosshair_and_nothing_is_near_out_there(made: Path) -> None:
    async with opened(made) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "density" in app.screen.query_one(Readout).text)
        plane = app.screen.query_one(PlaneView)
        view = plane.view
        await pilot.press(*["L"] * 30)
        await until(pilot, lambda: "far from every" in app.screen.query_one(Readout).text)
        await until(pilot, lambda: any("┼" in part for part, _ in cells(plane)))
        assert plane.view != view
        await pilot.press("0")
        await until(pilot, lambda: plane.view == view)


async def test_the_cell_under_the_crosshair_can_be_read(made: Path) -> None:
    async with opened(made) as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "density" in app.screen.query_one(Readout).text)
        await pilot.press("H", "up")
        plane = app.screen.query_one(PlaneView)
        await until(pilot, lambda: any(style.reverse for _, style in cells(plane)))
        under = [part for part, style in cells(plane) if style.reverse]
        assert len(under) == 1 and under[0] in "0123456789┼"


async def test_the_film_is_the_same_on_every_screen(made: Path) -> None:
    async with opened(made) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "epoch 4" in text(app) and "nearest" not in text(app))
        newest = app.screen.query_one("#tiles", PixelView).image.tobytes()
        await pilot.press(",", ",")
        await until(pilot, lambda: "epoch 2 · 2 of 4" in shown(app, "#where"))
        assert app.screen.query_one("#tiles", PixelView).image.tobytes() != newest
        assert "nearest scanned images" in shown(app, "#where")
        await pilot.press("5")
        readout = app.screen.query_one(Readout)
        await until(pilot, lambda: "epoch 2 · 2 of 4" in readout.text)
        assert "nearest scanned image" in readout.text
        await pilot.press("f")
        await until(pilot, lambda: "epoch 1 · 1 of 4" in readout.text)
        await until(pilot, lambda: "epoch 4 · 4 of 4" in readout.text)
        await until(pilot, lambda: "nearest" not in readout.text)


async def test_the_step_fits_a_plane_of_any_width(tmp_path: Path) -> None:
    make_plane_run(tmp_path, spread=0.001)
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("n")
        readout = app.screen.query_one(Readout)
        await until(pilot, lambda: "density" in readout.text)
        words = readout.text.split()
        assert float(words[words.index("step") + 1]) <= 0.0002
        before = words[1]
        await pilot.press("right")
        await until(pilot, lambda: readout.text.split()[1] != before)
