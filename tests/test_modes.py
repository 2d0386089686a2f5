"""The list of screens: bar, keys, help and mouse come from it; a fault stays in its screen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import Snapshot
from aetui.tui.app import AetuiApp
from aetui.tui.bars import Help
from aetui.tui.modes import MODES, Mode
from aetui.tui.screens.base import ModeScreen
from tests.pilot import messages, opened, panel, shown, until
from tests.reads import reads_of
from tests.terminal import Terminal, launch

MOVES = {"left": "h", "down": "j", "up": "k", "right": "l"}


class ExtraScreen(ModeScreen):
    """One screen more. Snapshots are too much for it, and so is its one key."""

    NAME = "extra"
    BINDINGS: ClassVar = [Binding("u", "fail", "Fail at something")]

    def body(self) -> Iterable[Widget]:
        yield Static("A screen more", id="content")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        raise ZeroDivisionError("of a snapshot")

    def action_fail(self) -> None:
        self.run_task(self._fail(), "fail")

    async def _fail(self) -> None:
        raise LookupError("in a worker")


@pytest.fixture
def extra_mode() -> Iterator[Mode]:
    """One block in the list of screens, for one test."""
    tries = (("u", "fail"),)
    mode = Mode(
        "extra", "y", Help("It shows that a screen is one block.", tries), lambda: ExtraScreen
    )
    MODES.append(mode)
    yield mode
    MODES.remove(mode)


async def test_one_more_screen_is_one_block(extra_mode: Mode, tmp_path: Path) -> None:
    number = str(len(MODES))
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: f"{number} Extra" in shown(app, "#top-bar"))
        for key in (number, "y"):
            await pilot.press("1", key)
            await until(pilot, lambda: app.current_mode == "extra")
        await pilot.press("?")
        await until(pilot, lambda: app.screen.query("#help"))
        page = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "It shows that a screen is one block." in page
        assert "Fail at something" in page
        assert f"1 to {number}" in page


async def test_a_fault_in_a_screen_is_a_message(extra_mode: Mode, tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: app.screen.query("#panels"))
        await pilot.press("y")
        await until(pilot, lambda: any("of a snapshot" in text for text in messages(app)))
        await pilot.press("u")
        await until(pilot, lambda: any("in a worker" in text for text in messages(app)))
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "train")
        assert app.is_running


def keys_of(mode: Mode) -> dict[str, str]:
    """The actions of a screen's own keys."""
    bindings = [item for item in mode.load().BINDINGS if isinstance(item, Binding)]
    return {key: item.action for item in bindings for key in item.key.split(",")}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_letters_that_move_never_leave_a_screen(mode: Mode) -> None:
    """Where arrows move a cursor, hjkl do the same; they are no screen's letters."""
    assert not set(MOVES.values()) & {mode.key for mode in MODES}
    keys = keys_of(mode)
    moving = {arrow: action for arrow, action in keys.items() if arrow in MOVES}
    letters = {arrow: keys.get(letter) for arrow, letter in MOVES.items() if arrow in moving}
    assert letters == moving


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_no_screen_takes_a_number_or_the_keys_that_work_everywhere(mode: Mode) -> None:
    taken = {str(number) for number in range(1, len(MODES) + 1)} | {"q", "question_mark"}
    assert not taken & set(keys_of(mode))


def test_the_keys_of_training_keep_their_meaning() -> None:
    train = keys_of(next(mode for mode in MODES if mode.name == "train"))
    wanted = {"b": "start_all", "s": "command('start')", "p": "command('pause')", "e": "edit"}
    wanted |= {"x": "command('stop')", "r": "command('resume')", "o": "choose_run"}
    assert {key: train[key] for key in wanted} == wanted
    assert next(mode.name for mode in MODES if mode.key == "s") == "scatter"


async def test_numbers_open_every_screen_from_every_screen(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        for start in range(1, len(MODES) + 1):
            for number, mode in enumerate(MODES, 1):
                await pilot.press(str(start), str(number))
                await until(pilot, partial(shows, app, mode.name))


def shows(app: AetuiApp, name: str) -> bool:
    return app.current_mode == name


async def test_no_screen_reads_a_run(trained: Path) -> None:
    """The monitor's thread and the inference process do; a disk may take its time."""
    with reads_of(trained) as found:
        assert (trained / "vae-001" / "config.json").read_text()
        assert len(found) == 1
        async with opened(trained) as (app, pilot):
            await until(pilot, lambda: app.screen.query("Chart"))
            for number in range(1, len(MODES) + 1):
                await pilot.press(str(number), "right", "+", "o")
                await pilot.pause(0.2)
                await pilot.press("escape")
    assert len(found) == 1


async def test_a_small_panel_shows_what_fits(trained: Path) -> None:
    """From 60x15 up Train and Navigate are usable; the others say what they need."""
    async with opened(trained, (60, 15)) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in panel(app, "vae"))
        assert not app.screen.has_class("-too-small")
        await pilot.press("5")
        await until(pilot, lambda: app.current_mode == "navigate")
        assert not app.screen.has_class("-too-small")
        await pilot.press("3")
        await until(
            pilot, lambda: "needs 80x24; the terminal has 60x15" in shown(app, "#too-small")
        )
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not app.screen.has_class("-too-small"))


def click(terminal: Terminal, words: str) -> None:
    """Press and release the left button on the first place where `words` stand on the screen."""
    lines = terminal.wait(words).splitlines()
    row = next(row for row, line in enumerate(lines) if words in line)
    column = lines[row].index(words) + len(words) // 2
    for end in "Mm":
        os.write(terminal.fd, f"\x1b[<0;{column + 1};{row + 1}{end}".encode())


def test_tabs_and_keys_answer_the_mouse(trained: Path) -> None:
    with launch(trained) as terminal:
        terminal.wait("done · vae-001")
        click(terminal, "Navigate")
        terminal.wait("density")
        click(terminal, "Origin")
        click(terminal, "Scatter")
        terminal.wait("Zoom")
        click(terminal, "Help")
        terminal.wait("Keys everywhere")
