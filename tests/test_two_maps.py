"""Two maps on Scatter: the cursor is on the same test image in both."""

from __future__ import annotations

import json
import re
from pathlib import Path

from textual.geometry import Offset
from textual.pilot import Pilot

from aetui.config import ImageShape
from aetui.runs.latent_map import load_latent_map
from aetui.tui.app import AetuiApp
from aetui.tui.screens.scatter_beside import MapBeside
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.plane_marks import GUTTER
from tests.made_runs import COLOUR, GREY, make_plane_run
from tests.pilot import messages, opened, rows, run_command, shown, text, until


def make_two(runs: Path, first_shape: ImageShape = GREY) -> None:
    """vae-001 and vae-002, whose codes are farther apart; the second is the newer."""
    for number, spread, shape in ((1, 1.0, first_shape), (2, 2.5, GREY)):
        made = make_plane_run(runs / "made", spread=spread, shape=shape)
        run = made.rename(runs / f"vae-00{number}")
        config = json.loads((run / "config.json").read_text())
        config["created"] += number
        (run / "config.json").write_text(json.dumps(config))


async def show_both(app: AetuiApp, pilot: Pilot[None]) -> None:
    """Open Scatter on vae-002, and mark vae-001."""
    await pilot.press("3")
    await until(pilot, lambda: "#" in text(app) and "vae-002" in shown(app, "#top-bar"))
    await pilot.press("o")
    await until(pilot, lambda: app.screen.query("#runs"))
    await pilot.press(*"vae-001", "f5", "enter")
    await until(pilot, lambda: is_beside(app))


def is_beside(app: AetuiApp) -> bool:
    """Whether there is a second map on the screen."""
    return any(found.display for found in app.screen.query(MapBeside))


def number_of(app: AetuiApp) -> int:
    """Which test image the card is of."""
    found = re.search(r"#(\d+)", text(app))
    assert found is not None
    return int(found[1])


def place_of(app: AetuiApp, run: Path, number: int) -> Offset:
    """Where the test image is on the screen, on the map of the other run."""
    view = app.screen.query_one("#other-plane", ExploreView)
    x, y = load_latent_map(run, 4).points[number].tolist()
    return view.region.offset + Offset(GUTTER, 0) + view.view.to_cell(x, y, *view.plot_size)


def is_marked(app: AetuiApp, place: Offset) -> bool:
    """Whether the centre of a crosshair is in that cell."""
    styles = [style for _, style, _ in rows(app)[place.y].crop(place.x, place.x + 1)]
    return any(style is not None and style.reverse for style in styles)


async def test_the_cursor_is_on_the_same_image_in_both(tmp_path: Path) -> None:
    make_two(tmp_path)
    other = tmp_path / "vae-001"
    async with opened(tmp_path) as (app, pilot):
        await show_both(app, pilot)
        assert "vae-001  epoch 4" in text(app)
        seen = set()
        for key in ("end", "right", "up", "right"):
            await pilot.press(key)
            await until(pilot, lambda: is_marked(app, place_of(app, other, number_of(app))))
            seen.add(number_of(app))
        assert len(seen) > 2
        target = next(number for number in range(360) if number not in seen)
        place = place_of(app, other, target)
        await pilot.click(offset=place)
        await until(pilot, lambda: place_of(app, other, number_of(app)) == place)
        assert is_marked(app, place)


async def test_the_second_map_comes_and_goes(tmp_path: Path) -> None:
    make_two(tmp_path)
    async with opened(tmp_path, (80, 24)) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "vae-002" in text(app) and app.screen.query(MapBeside))
        await pilot.press("M")
        await until(pilot, lambda: any("Mark another run first" in m for m in messages(app)))
        assert not is_beside(app)
        await show_both(app, pilot)
        await pilot.press("M")
        assert not is_beside(app)
        await run_command(app, pilot, "Two maps")
        await until(pilot, lambda: is_beside(app))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        await pilot.press(*"vae-001", "f5", "enter")  # no longer marked: it is shown
        await until(pilot, lambda: "vae-001" in shown(app, "#top-bar"))
        assert not is_beside(app)


async def test_a_map_of_other_images_says_so(tmp_path: Path) -> None:
    make_two(tmp_path, COLOUR)
    async with opened(tmp_path, (160, 40)) as (app, pilot):
        await show_both(app, pilot)
        assert "of other test images" in text(app)
