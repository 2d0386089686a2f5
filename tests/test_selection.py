"""Text is selected with the mouse and copied with ctrl+c (OSC 52), in a real pseudo-terminal."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import pytest

from tests.terminal import Terminal, launch
from tests.test_train_screen import add_event

SETTLED = 0.3  # seconds for a drag to be marked


def place(terminal: Terminal, words: str) -> tuple[int, int]:
    """(column, row) where the screen shows `words` first."""
    shown = terminal.wait(words).splitlines()
    row = next(number for number, line in enumerate(shown) if words in line)
    return shown[row].index(words), row


def copied(terminal: Terminal) -> list[str]:
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", terminal.raw)
    return [base64.b64decode(text).decode() for text in found]


def drag_and_copy(terminal: Terminal, start: tuple[int, int], stop: tuple[int, int]) -> str:
    """What comes to the clipboard for a drag between two cells."""
    before = len(copied(terminal))
    terminal.drag(start, stop)
    terminal.read(SETTLED)
    terminal.press("ctrl+c")
    terminal.wait(lambda _: len(copied(terminal)) > before)
    return copied(terminal)[-1]


@pytest.fixture
def failed(trained: Path, runs: Path) -> Path:
    """A folder with vae-001, which failed, and its log."""
    shutil.copytree(trained / "vae-001", runs / "vae-001")
    add_event(runs / "vae-001", "failed", "Out of memory: take fewer images per step.")
    (runs / "vae-001" / "log.txt").write_text("first line of it\nsecond line of it\n")
    return runs


@pytest.mark.parametrize("plain", ["0", "1"])
def test_what_a_panel_and_a_log_say_is_copied(plain: str, failed: Path) -> None:
    with launch(failed, env={"AETUI_PLAIN_OUTPUT": plain}) as terminal:
        column, row = place(terminal, "Out of memory")
        text = drag_and_copy(terminal, (column, row), (column + 12, row))
        assert "Out of memory".startswith(text)
        assert len(text) >= 12
        terminal.press("L")
        column, row = place(terminal, "first line")
        text = drag_and_copy(terminal, (column, row), (column + 6, row + 1))
        assert text.startswith("first line of it\nsecond")


def test_figures_of_a_card_are_marked_and_copied_and_pictures_are_not(failed: Path) -> None:
    with launch(failed, "--data", "digits") as terminal:
        terminal.wait("Out of memory")
        terminal.press("3")
        terminal.wait("reconstruction")  # the figures then stand beside a picture
        column, row = place(terminal, "z0 ")
        figures = terminal.text().splitlines()[row][column:]
        ground = terminal.screen.buffer[row][column].bg
        terminal.drag((column, row), (column + 8, row))
        terminal.wait(lambda _: terminal.screen.buffer[row][column].bg != ground)
        terminal.press("ctrl+c")
        terminal.wait(lambda _: copied(terminal))
        [text] = copied(terminal)
        assert len(text) >= 8
        assert figures.startswith(text.rstrip())
        terminal.click(column, row + 1)
        terminal.wait(lambda _: terminal.screen.buffer[row][column].bg == ground)
        terminal.drag((10, 10), (20, 12))
        terminal.read(SETTLED)
        terminal.press("ctrl+c")
        terminal.wait("ctrl+q")  # there is nothing to copy, so this is taken for a wish to leave
        assert len(copied(terminal)) == 1
