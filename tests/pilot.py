"""The app without a terminal: Textual's pilot presses its keys, and tests read its widgets."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.content import Content
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Static
from textual.widgets._toast import Toast

from aetui.processes.inference import Inference
from aetui.processes.trainer_options import TrainerOptions
from aetui.tui.app import AetuiApp

AETUI = str(Path(sys.executable).parent / "aetui")
"""The installed script."""
Opened = tuple[AetuiApp, Pilot[None]]


@asynccontextmanager
async def opened(
    runs: Path,
    size: tuple[int, int] = (120, 40),
    data: str = "digits",
    *,
    read_only: bool = False,
) -> AsyncIterator[Opened]:
    """The app on `runs`, with an inference process, for the block."""
    inference = Inference()
    try:
        options = TrainerOptions(data, device="cpu")
        app = AetuiApp(runs, options, inference, read_only=read_only)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield app, pilot
    finally:
        inference.close()


async def until(pilot: Pilot[None], true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until `true` is."""
    for _ in range(round(seconds / 0.05)):
        if true():
            return
        await pilot.pause(0.05)
    pytest.fail("it never came true")


async def run_command(app: AetuiApp, pilot: Pilot[None], name: str) -> None:
    """Run the command of the palette that has this name."""
    screen = app.screen
    await pilot.press("ctrl+p")
    await until(pilot, lambda: app.screen.query(CommandList))
    await pilot.press(*name)

    def is_first() -> bool:
        hits = app.screen.query_one(CommandList)
        first = str(hits.get_option_at_index(0).prompt) if hits.option_count else ""
        return first.startswith(name)

    await until(pilot, is_first)
    await pilot.press("enter")
    await until(pilot, lambda: app.screen is screen or not app.screen.query(CommandList))


def shown(app: AetuiApp, selector: str) -> str:
    """The text of a Static."""
    return str(app.screen.query_one(selector, Static).visual)


def panel(app: AetuiApp, model: str) -> str:
    """All that the panel of a model says: its edge, its lines, its message."""
    widget = app.screen.query_one(f"#panel-{model}")
    lines = [str(static.visual) for static in widget.query(Static) if static.display]
    edges = [
        Content.from_markup(text or "").plain
        for text in (widget.border_title, widget.border_subtitle)
    ]
    return "\n".join([edges[0], *lines, edges[1]])


def messages(app: AetuiApp) -> list[str]:
    """The messages that stand on the screen."""
    return [str(toast.render()) for toast in app.screen.query(Toast)]


def rows(app: AetuiApp) -> list[Strip]:
    """What stands on the screen. Textual's export of a screenshot asks its compositor likewise."""
    return app.screen._compositor.render_strips()


def text(app: AetuiApp) -> str:
    """All that stands on the screen."""
    return "\n".join(strip.text for strip in rows(app))
