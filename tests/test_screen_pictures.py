"""Pictures of every screen in each state, kept as text with a hash of each row's styles.

AETUI_PICTURES=new writes them: look at what `git diff tests/pictures` shows before you keep it.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aetui.runs.lock import hold_lock
from aetui.tui.app import AetuiApp
from tests.made_runs import COLOUR, make_denoising_run, make_failed_runs, make_plane_run
from tests.pilot import opened, rows, text, until

PICTURES = Path(__file__).parent / "pictures"
SMALL, MEDIUM = (80, 24), (120, 40)
SCREENS = {"denoise": "2", "scatter": "3", "manifold": "4", "navigate": "5", "draw": "6"}

SETTLED = 0.6  # seconds after which a screen says what it waits for


def painted(app: AetuiApp) -> str:
    """Each row's text, and a hash of what its cells look like."""
    lines = []
    for strip in rows(app):
        looks = [(len(part), str(style)) for part, style, _ in strip.simplify() if part]
        digest = hashlib.sha256(repr(looks).encode()).hexdigest()[:6]
        lines.append(f"{strip.text.rstrip():<{app.size.width}}│{digest}\n")
    return "".join(lines)


def compare(app: AetuiApp, name: str) -> None:
    columns, lines = app.size
    path = PICTURES / f"{name}-{columns}x{lines}.txt"
    if os.environ.get("AETUI_PICTURES") == "new":
        path.parent.mkdir(exist_ok=True)
        path.write_text(painted(app))
    assert painted(app).splitlines() == path.read_text().splitlines(), path.name


async def visit(
    app: AetuiApp, pilot: Pilot[None], state: str, ready: Callable[[str], object] = bool
) -> None:
    """Compare every screen but Train, each once its text is `ready`."""
    for name, key in SCREENS.items():
        await pilot.press(key)
        await until(pilot, lambda: ready(text(app)))
        await pilot.pause(SETTLED)
        compare(app, f"{name}-{state}")


def stop_inference() -> None:
    """Keep the inference process from loading torch: it stays as it was when it began."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"aetui.ml.serve" in words and int(parent) == os.getpid():
            os.kill(int(entry.name), signal.SIGSTOP)


async def test_with_no_run(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (app, pilot):
        await visit(app, pilot, "nothing", lambda shown: "yet" in shown)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the process in /proc")
async def test_while_torch_loads(tmp_path: Path) -> None:
    make_plane_run(tmp_path)
    make_denoising_run(tmp_path)
    async with opened(tmp_path, SMALL) as (app, pilot):
        await until(pilot, lambda: "vae-001" in text(app))
        stop_inference()
        await visit(app, pilot, "loading", lambda shown: "vae-001" in shown or "dae-001" in shown)


async def test_a_training_before_its_first_save(tmp_path: Path) -> None:
    make_failed_runs(tmp_path)
    with hold_lock(tmp_path / "vae-001"), hold_lock(tmp_path / "dae-001"):
        async with opened(tmp_path, SMALL) as (app, pilot):
            await visit(app, pilot, "running", lambda shown: "is training" in shown)


async def test_a_training_that_failed(tmp_path: Path) -> None:
    make_failed_runs(tmp_path)
    async with opened(tmp_path, SMALL) as (app, pilot):
        await visit(app, pilot, "failed", lambda shown: "failed" in shown)


EXACT = {
    "denoise": "better than",
    "scatter": "better than",
    "manifold": "epoch 4",
    "navigate": "density",
    "draw": "Draw with",
}


async def show(app: AetuiApp, pilot: Pilot[None], name: str, words: str) -> None:
    """Open a screen and wait until all of it is there."""
    await pilot.press(SCREENS[name])
    await until(pilot, lambda: words in text(app) and "nearest scanned" not in text(app))
    await pilot.pause(0.3)


async def test_finished_runs(tmp_path: Path) -> None:
    make_plane_run(tmp_path)
    make_denoising_run(tmp_path)
    async with opened(tmp_path, SMALL) as (app, pilot):
        for name in SCREENS:
            for size in (SMALL, MEDIUM):
                await pilot.resize_terminal(*size)
                await show(app, pilot, name, EXACT[name])
                compare(app, f"{name}-done")


async def test_pictures_in_colour_whose_data_are_not_here(tmp_path: Path) -> None:
    make_plane_run(tmp_path, shape=COLOUR)
    async with opened(tmp_path, SMALL) as (app, pilot):
        for name in ("scatter", "manifold", "navigate"):
            await show(app, pilot, name, "no errors" if name == "scatter" else EXACT[name])
            compare(app, f"{name}-colour")
