"""Pictures of the Train screen in each state, and of the large chart."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aetui.runs.directory import shipped_runs
from aetui.runs.lock import hold_lock
from aetui.tui.app import AetuiApp
from aetui.tui.screens.chart import ChartScreen
from tests.made_curves import make_curves
from tests.pilot import opened, panel, shown, text, until
from tests.test_screen_pictures import MEDIUM, SMALL, compare

LARGE = (200, 60)
NOISE = {"vae": 2.0, "dae": 1.0}


def make_both(runs: Path, state: str) -> None:
    """A run of each model in that state."""
    for model, noise in NOISE.items():
        make_curves(runs, f"{model}-001", model=model, noise=noise, state=state)


async def visit(
    app: AetuiApp, pilot: Pilot[None], name: str, words: str, sizes: Iterable[tuple[int, int]]
) -> None:
    """Compare the screen at each size, once both panels say these words."""
    await until(pilot, lambda: all(words in panel(app, model) for model in NOISE))
    for size in sizes:
        await pilot.resize_terminal(*size)
        await pilot.pause(0.2)
        await until(pilot, lambda: "needs" not in text(app))
        compare(app, name)


async def test_with_no_run(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (app, pilot):
        await visit(app, pilot, "train-nothing", "Nothing trained yet", (SMALL, MEDIUM))


async def test_the_runs_that_come_with_aetui(tmp_path: Path) -> None:
    """450 and 50 epochs, noisy ones."""
    for run in shipped_runs().glob("*-mnist"):
        (tmp_path / run.name).mkdir()
        for name in ("config.json", "metrics.jsonl"):
            shutil.copy(run / name, tmp_path / run.name / name)
    async with opened(tmp_path, SMALL) as (app, pilot):
        await visit(app, pilot, "train-shipped", "done", (SMALL, MEDIUM, LARGE))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChartScreen))
        for size in (SMALL, MEDIUM, LARGE):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.2)
            compare(app, "chart-shipped")


async def test_one_that_was_stopped(tmp_path: Path) -> None:
    make_both(tmp_path, "stopped")
    async with opened(tmp_path, SMALL) as (app, pilot):
        await visit(app, pilot, "train-stopped", "stopped", (SMALL, MEDIUM))


async def test_one_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = Path("checkpoints")  # the panels name it: a path that is the same on every machine
    make_both(runs, "failed")
    async with opened(runs, SMALL) as (app, pilot):
        await visit(app, pilot, "train-failed", "failed", (SMALL, MEDIUM))


async def test_one_that_trains(tmp_path: Path) -> None:
    make_both(tmp_path, "running")
    with hold_lock(tmp_path / "vae-001"), hold_lock(tmp_path / "dae-001"):
        async with opened(tmp_path, SMALL) as (app, pilot):
            await visit(app, pilot, "train-running", "left", (SMALL, MEDIUM))


async def test_the_large_chart(tmp_path: Path) -> None:
    """A resumed run with the cursor, logarithmic and close; then three runs in one chart."""
    for number, beta in enumerate((1.0, 4.0, 0.5), 1):
        settings = {"beta": beta}
        make_curves(tmp_path, f"vae-00{number}", number=number, settings=settings, resumed=20)
    async with opened(tmp_path, SMALL) as (app, pilot):
        await until(pilot, lambda: app.screen.query("ModelPanel Chart"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChartScreen))
        for size in (SMALL, MEDIUM):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.2)
            compare(app, "chart-resumed")
            await pilot.press("y", "a", "plus", "H")
            await until(pilot, lambda: "zoom" in shown(app, "#chart-title"))
            compare(app, "chart-close")
            await pilot.press("y", "a", "a", "0", "end")
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        await pilot.press("f5", "f5", "f5", "enter")
        await until(pilot, lambda: "beta 0.5" in text(app))
        for size in (SMALL, MEDIUM):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.2)
            compare(app, "chart-compared")
