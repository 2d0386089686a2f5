"""The help page of each screen, and the guide of a first launch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.binding import Binding

from aetui.preferences import preferences_path, read_preferences, write_preferences
from aetui.tui.dialogs.help import KEY_NAMES
from aetui.tui.modes import MODES, Mode
from tests.pilot import opened, shown, until
from tests.terminal import launch


@pytest.fixture(autouse=True)
def newcomer() -> None:
    """Nobody has ended the guide yet."""
    preferences_path().unlink(missing_ok=True)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_help_has_three_things_to_try_with_keys_that_work(mode: Mode) -> None:
    bindings = [item for item in mode.load().BINDINGS if isinstance(item, Binding)]
    bound = {key for binding in bindings for key in binding.key.split(",")}
    bound |= {each.key for each in MODES}
    names = {KEY_NAMES.get(key, key) for key in bound}
    assert len(mode.help.tries) == 3
    for keys, meaning in mode.help.tries:
        assert set(keys.split()) <= names, f"{keys} does nothing on {mode.name}"
        assert meaning


async def test_the_guide_ticks_off_what_is_done(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        await until(pilot, lambda: "1/6" in shown(app, "#guide-line"))
        await pilot.press("n", "right")
        await until(pilot, lambda: "2/6" in shown(app, "#guide-line"))
        await pilot.press("m")
        await until(pilot, lambda: "3/6" in shown(app, "#guide-line"))
        await pilot.press("w", "space")
        await until(pilot, lambda: "●●○●○○" in shown(app, "#guide-line"))
        await pilot.press("d")
        await until(pilot, lambda: "5/6" in shown(app, "#guide-line"))
    async with opened(trained) as (app, pilot):  # the next launch goes on there
        await until(pilot, lambda: "5/6" in shown(app, "#guide-line"))


async def test_escape_ends_the_guide_for_good(trained: Path) -> None:
    async with opened(trained) as (app, pilot):
        line = app.screen.query_one("#guide-line")
        await until(pilot, lambda: line.display)
        await pilot.press("escape")
        assert not line.display
        await until(pilot, lambda: read_preferences()["guide"]["ended"])
    async with opened(trained) as (app, pilot):
        await pilot.press("n")
        await pilot.pause(0.5)
        assert not app.screen.query_one("#guide-line").display


async def test_escape_ends_the_guide_on_the_screen_that_uses_the_key(trained: Path) -> None:
    async with opened(trained, (80, 24)) as (app, pilot):
        await pilot.press("w")
        line = app.screen.query_one("#guide-line")
        await until(pilot, lambda: line.display)
        stage = app.screen.query_one("#draw").region
        assert stage.bottom + 4 <= line.region.y
        await pilot.press("escape")
        await until(pilot, lambda: not line.display)


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"guide": 3}', '{"guide": {"done": [{}]}}'])
async def test_a_damaged_file_is_like_none(content: str, trained: Path) -> None:
    preferences_path().parent.mkdir(parents=True, exist_ok=True)
    preferences_path().write_text(content)
    async with opened(trained) as (app, pilot):
        await until(pilot, lambda: "1/6" in shown(app, "#guide-line"))


def test_preferences_keep_what_others_have_written() -> None:
    assert write_preferences(theme="light")
    assert write_preferences(guide={"ended": True})
    assert json.loads(preferences_path().read_text())["theme"] == "light"
    preferences_path().unlink()
    preferences_path().mkdir()
    assert not write_preferences(theme="dark")
    assert read_preferences() == {}
    preferences_path().rmdir()


def test_the_first_training_and_leaving_end_the_guide(runs: Path) -> None:
    write_preferences(guide={"done": ["walk", "whole", "denoise", "draw"]})
    with launch(runs, "--data", "digits") as terminal:
        terminal.wait("5/6")
        terminal.press("s")
        terminal.wait("6/6")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    assert read_preferences()["guide"]["ended"]
