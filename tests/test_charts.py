"""Charts by their keys, their commands and the mouse: what is drawn, and what can be read of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.color import Color
from textual.pilot import Pilot

from aetui.runs.curve import CURVE_POINTS, Curve, Place
from aetui.tui.app import AetuiApp
from aetui.tui.screens.base import SnapshotScreen
from aetui.tui.screens.chart import ChartScreen
from aetui.tui.widgets.chart import Chart
from aetui.tui.widgets.chart_axes import GUTTER, bottom_lines, gutter
from aetui.tui.widgets.chart_raster import Window, draw
from aetui.tui.widgets.curve import Line, drawable, smooth, y_range
from tests.made_curves import make_curves
from tests.pilot import messages, opened, rows, run_command, shown, text, until
from tests.terminal import Terminal, launch


async def open_chart(app: AetuiApp, pilot: Pilot[None]) -> None:
    """Open the large chart of the marked panel."""
    await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ChartScreen) and "loss" in title(app))


def title(app: AetuiApp) -> str:
    return shown(app, "#chart-title")


def says(app: AetuiApp, words: str) -> bool:
    return words in title(app)


def table(app: AetuiApp) -> str:
    return shown(app, "#chart-table")


def picture(app: AetuiApp) -> list[str]:
    """The rows of the chart."""
    region = app.screen.query_one("#chart", Chart).region
    return [strip.text for strip in rows(app)[region.y : region.bottom]]


def axis_numbers(app: AetuiApp) -> list[float]:
    """Those of the vertical axis, from the top."""
    return [float(row[:7]) for row in picture(app) if row[7:8] == "┤"]


def values(app: AetuiApp) -> list[float]:
    """The smoothed values in the table."""
    found = [re.search(r"(?:train|test) +([-\d.,]+)", row) for row in table(app).splitlines()]
    return [float(match[1].replace(",", "")) for match in found if match]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_curves(tmp_path, "vae-001")


async def test_every_figure_of_a_run_can_be_drawn(tmp_path: Path) -> None:
    """Named as the model's spec names it, with its unit."""
    make_curves(tmp_path, "vae-001")
    make_curves(tmp_path, "dae-001", model="dae")
    expected = {
        "vae": "loss  nats per image, reconstruction  nats per image, KL  nats per image, "
        "learning rate, speed  images/s, knn 5",
        "dae": "loss  nats per pixel, PSNR  dB, learning rate, speed  images/s",
    }
    async with opened(tmp_path) as (app, pilot):
        for model in ("vae", "dae"):
            await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
            app.screen.query_one(f"#panel-{model}").focus()
            await open_chart(app, pilot)
            names = expected[model].split(", ")
            for number, name in enumerate(names, 1):
                assert title(app).startswith(f" {name}  {number} of {len(names)} ")
                assert "━ vae-001" in table(app) or model == "dae"
                await pilot.press("down")
            await pilot.press("up", "up")
            assert names[-2] in title(app)
            await pilot.press("escape")


async def test_keys_change_how_the_curves_are_drawn(run: Path) -> None:
    async with opened(run.parent) as (app, pilot):
        await open_chart(app, pilot)
        assert "smoothing 1 %" in title(app)
        smoothed = picture(app)
        await pilot.press("right_square_bracket")
        assert "smoothing 2 %" in title(app)
        await pilot.press("f")
        assert "not smoothed" in title(app)
        assert picture(app) != smoothed
        assert max(axis_numbers(app)) < 200, "the first steep fall flattens the rest"
        await pilot.press("y")
        assert "log scale" in title(app)
        assert 500 in axis_numbers(app)
        for axis in ("step", "min", "epoch"):
            await pilot.press("a")
            assert picture(app)[-1].rstrip().endswith(axis)
        for drawn in ("test", "train", "train test"):
            await pilot.press("v")
            assert re.findall("train|test", table(app)) == drawn.split()
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.query("ModelPanel"))


async def test_the_cursor_reads_every_curve(run: Path) -> None:
    """What it says is what the run's metrics say there."""
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    async with opened(run.parent) as (app, pilot):
        await open_chart(app, pilot)
        await pilot.press("f")
        newest = [
            next(r[key] for r in reversed(records) if key in r) for key in ("loss", "test_loss")
        ]
        assert values(app) == [round(value, 2) for value in newest]
        await pilot.press("shift+left", "left", "l")
        place = re.search(r"epoch ([\d.]+) +step ([\d,]+)", shown(app, "#chart-place"))
        assert place is not None
        epoch = float(place[1])
        assert 30 < epoch < 40
        assert float(place[2].replace(",", "")) == 100 * epoch
        there = next(r["loss"] for r in records if r.get("epoch") == epoch and "loss" in r)
        assert values(app)[0] == pytest.approx(there, abs=0.2 + abs(there - newest[0]))
        assert "│" in "".join(row[8:] for row in picture(app))
        await pilot.press("end")
        assert values(app) == [round(value, 2) for value in newest]


async def test_zoom_keeps_what_is_under_the_cursor(run: Path) -> None:
    async with opened(run.parent) as (app, pilot):
        await open_chart(app, pilot)
        whole = picture(app)
        await pilot.press("H", "H", "plus", "plus")
        assert "zoom 2.25×" in title(app)
        place = shown(app, "#chart-place")
        ends = picture(app)[-1].split()
        await pilot.press("comma")
        assert picture(app)[-1].split() != ends
        await pilot.press("full_stop")
        assert picture(app)[-1].split() == ends
        await pilot.press("minus")
        assert "zoom 1.5×" in title(app)
        assert shown(app, "#chart-place") == place
        await pilot.press("0", "end")
        assert "zoom" not in title(app)
        assert picture(app) == whole


async def test_a_double_click_opens_the_curves(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(run.parent) as (app, pilot):
        await until(pilot, lambda: "┤" in text(app))
        monkeypatch.setattr(AetuiApp, "CLICK_CHAIN_TIME_THRESHOLD", 60)  # a machine may be busy
        await pilot.click("ModelPanel Chart", times=2)
        await until(pilot, lambda: isinstance(app.screen, ChartScreen) and "loss" in title(app))


async def test_before_there_is_a_run_the_chart_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: "Nothing trained yet" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "No run to draw yet" in text(app))
        await pilot.press("plus", "left", "f", "down", "a", "0")
        make_curves(tmp_path, "vae-001")
        await until(pilot, lambda: app.screen.query("#chart-title") and "loss" in title(app))


def mouse(terminal: Terminal, button: int, column: int, row: int, end: str = "M") -> None:
    """A report of the mouse: 0 the left button, 32 moved with it, 35 without, 64 the wheel up."""
    os.write(terminal.fd, f"\x1b[<{button};{column};{row}{end}".encode())


def test_the_mouse_reads_zooms_and_moves(run: Path) -> None:
    with launch(run.parent) as terminal:
        terminal.wait("done · vae-001")
        terminal.press("enter")
        terminal.wait("smoothing 1 %")
        mouse(terminal, 35, 60, 12)
        terminal.wait("at epoch")
        mouse(terminal, 64, 60, 12)
        before = terminal.wait("zoom 1.5×").splitlines()
        mouse(terminal, 0, 60, 12)
        for column in range(59, 20, -3):
            mouse(terminal, 32, column, 12)
        mouse(terminal, 0, 20, 12, "m")
        axis = next(row for row in before if row.rstrip().endswith("epoch"))
        terminal.wait(lambda text: "epoch" in text and axis not in text)
        mouse(terminal, 65, 60, 12)
        terminal.wait(lambda text: "zoom" not in text)


async def test_every_control_is_a_command(run: Path) -> None:
    async with opened(run.parent) as (app, pilot):
        await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
        await run_command(app, pilot, "Chart")
        await until(pilot, lambda: isinstance(app.screen, ChartScreen) and "loss" in title(app))
        for name, said in (
            ("Smoothing", "not smoothed"),
            ("Smooth more", "smoothing 2 %"),
            ("Log scale", "log scale"),
            ("Zoom in", "zoom 1.5×"),
            ("Choose curves: KL", "KL  nats per image"),
        ):
            await run_command(app, pilot, name)
            await until(pilot, partial(says, app, said))
        await run_command(app, pilot, "X axis")
        await until(pilot, lambda: picture(app)[-1].rstrip().endswith("step"))
        await run_command(app, pilot, "Train or test")
        await until(pilot, lambda: "train" not in table(app))
        await run_command(app, pilot, "Back")
        await until(pilot, lambda: app.screen.query("ModelPanel"))


def legend(app: AetuiApp) -> dict[str, tuple[str, str]]:
    """By run: the letter and the colour in which the table has it."""
    found = {}
    region = app.screen.query_one("#chart-table").region
    for strip in rows(app)[region.y : region.bottom]:
        words = strip.text.split()
        if len(words) > 2:
            colour = next(str(style) for part, style, _ in strip if "━" in part)
            found[words[2]] = words[1], colour
    return found


async def compare(app: AetuiApp, pilot: Pilot[None], *marks: str) -> None:
    """Mark the runs of these names in the list, and show them."""
    await pilot.press("o")
    await until(pilot, lambda: app.screen.query("#runs"))
    for name in marks:
        await pilot.press(*name, "f5", *["backspace"] * len(name))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ChartScreen))


async def test_marked_runs_are_in_one_chart(tmp_path: Path) -> None:
    """Each in a colour that it keeps, with the settings in which they differ."""
    for number, beta in enumerate((1.0, 4.0, 0.5), 1):
        make_curves(tmp_path, f"vae-00{number}", number=number, settings={"beta": beta})
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
        await compare(app, pilot, "vae-001", "vae-002")
        await until(pilot, lambda: "vae-001" in table(app) and "vae-002" in table(app))
        assert "beta 1" in table(app)
        assert "beta 4" in table(app)
        assert "lr" not in table(app)
        first = legend(app)
        assert len({letter for letter, _ in first.values()}) == 2
        assert len({colour for _, colour in first.values()}) == 2
        for letter, _ in first.values():
            assert letter in "".join(row[8:] for row in picture(app))
        await compare(app, pilot, "vae-001", "vae-003")  # which takes the mark from the first
        await until(pilot, lambda: "vae-003" in table(app))
        assert legend(app)["vae-002"] == first["vae-002"]
        await compare(app, pilot, "vae-001")
        await until(pilot, lambda: "vae-001" in table(app))
        again = legend(app)
        assert {name: again[name] for name in first} == first
        assert len({colour for _, colour in again.values()}) == 3
        await pilot.press("v", "v", "v")
        assert "╌" in table(app)
        await pilot.press("u")
        await until(pilot, lambda: "beta" not in table(app))
        assert "vae-003" in table(app)


async def test_a_marked_run_that_is_deleted_leaves_the_chart(tmp_path: Path) -> None:
    for number in (1, 2):
        make_curves(tmp_path, f"vae-00{number}", number=number)
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
        await compare(app, pilot, "vae-001", "vae-002")
        await until(pilot, lambda: "vae-001" in table(app) and "vae-002" in table(app))
        shutil.rmtree(tmp_path / "vae-001")
        await until(pilot, lambda: "vae-001" not in table(app))
        assert "vae-002" in table(app)


async def test_no_more_runs_are_compared_than_there_are_colours(tmp_path: Path) -> None:
    for number in range(9):
        make_curves(tmp_path, f"vae-00{number}", number=number, epochs=2)
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        await pilot.press(*["f5"] * 9)
        await until(pilot, lambda: any("A chart holds 8 runs" in m for m in messages(app)))
        assert text(app).count("●") == 8


async def test_a_noisy_run_is_a_line_with_its_spread(tmp_path: Path) -> None:
    """450 epochs whose loss jumps by more than it falls: a few rows high, over a faint band."""
    make_curves(tmp_path, "vae-001", epochs=450, noise=10.0)
    async with opened(tmp_path) as (app, pilot):
        await open_chart(app, pilot)
        await pilot.press("v")  # the test curve alone
        chart = app.screen.query_one("#chart", Chart)
        bright, faint = [], []
        line = Color.parse(app.theme_variables["foreground"]).rich_color
        for column in range(chart.region.x + 20, chart.region.right - 10):
            cells = [strip.crop(column, column + 1) for strip in rows(app)[2:30]]
            dots = [part for cell in cells for part in cell if "\u2800" < part.text <= "\u28ff"]
            colours = [part.style.color for part in dots if part.style]
            bright.append(sum(colour == line for colour in colours))
            faint.append(sum(colour != line for colour in colours))
        assert statistics.mean(bright) < 4
        assert statistics.mean(faint) > 2 * statistics.mean(bright)


async def test_a_resumed_run_has_each_step_once_and_says_where(tmp_path: Path) -> None:
    make_curves(tmp_path, "vae-001", epochs=20, resumed=10)
    async with opened(tmp_path) as (app, pilot):
        await open_chart(app, pilot)
        assert isinstance(app.screen, SnapshotScreen)
        curve = app.screen.snapshot.panels["vae"].history.curve("loss")
        assert list(curve.x) == [number / 4 for number in range(1, 81)]
        assert "╎" in "".join(picture(app))
        assert "resumed" in picture(app)[0]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 5 * CURVE_POINTS),
    st.sets(st.integers(0, 5 * CURVE_POINTS), max_size=4),
    st.integers(0, 5 * CURVE_POINTS),
)
def test_a_long_curve_keeps_its_extremes_and_its_end(
    count: int, spikes: set[int], cut: int
) -> None:
    curve, given_values = Curve(), []
    for number in range(count):
        value = 1000.0 + number if number in spikes else 1.0
        given_values.append(value)
        curve.add(Place(number, number * 10, number / 2), value)
    found = curve.snapshot()
    assert len(found.x) <= CURVE_POINTS
    assert max(found.high) == max(given_values)
    assert min(found.low) == min(given_values)
    assert (found.x[-1], found.step[-1]) == (count - 1, 10 * (count - 1))
    assert list(found.x) == sorted(set(found.x))
    curve.cut(cut)
    assert all(x <= cut for x in curve.snapshot().x)


figures = st.floats(allow_nan=False, allow_infinity=False)
axes = st.floats(0, 1e6)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(axes, figures), min_size=1, max_size=30),
    st.sampled_from([(80, 24), (9, 3), (200, 60)]),
    st.booleans(),
    axes,
    axes,
)
def test_whatever_the_figures_are_they_are_drawn(
    points: list[tuple[float, float]],
    size: tuple[int, int],
    log: bool,
    start: float,
    width: float,
) -> None:
    """Of any size and sign, all alike, so far apart that their difference is infinite."""
    x, y = (drawable(values) for values in zip(*sorted(points), strict=True))
    smoothed = smooth(x, y, 1e-2 * float(x[-1]))
    line = Line("test", Color(200, 100, 0), x, smoothed, y, y)
    if log:
        line = line.logarithmic()
    left, right = start, start + max(width, 1e-3)
    window = Window(left, right, *y_range([line], left, right, whole=log))
    assert window.bottom < window.top
    columns, rows = size
    drawn = draw([line], window, columns, rows)
    assert drawn.glyphs.shape == (rows, columns)
    assert ((drawn.glyphs >= 0x2800) & (drawn.glyphs < 0x2900)).all()
    assert {len(row) for row in gutter(window, rows, log=log)} == {GUTTER}
    assert {len(row) for row in bottom_lines(window, columns, "epoch", 2)} == {GUTTER + columns}


def test_ascii_tells_a_line_from_its_spread(run: Path) -> None:
    with launch(run.parent, "--ascii") as terminal:
        terminal.wait("done - vae-001")
        terminal.press("enter")
        shown = terminal.wait(
            lambda text: all(part in text for part in ("smoothing 1 %", "*", "..."))
        )
        assert shown.isascii()
