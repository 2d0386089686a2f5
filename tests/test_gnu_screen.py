"""The app in a real GNU screen, which takes 24-bit colours for other things."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pilot import AETUI
from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("screen") is None, reason="needs GNU screen")
IMAGE = [(row, column) for row in range(2, 16) for column in range(2, 28)]


@contextmanager
def in_screen(runs: Path, sockets: Path, term: str = "xterm-256color") -> Iterator[Terminal]:
    """`aetui launch` in a screen of its own, in a terminal that has 24 bits and says so."""
    sockets.mkdir(mode=0o700)
    name = f"aetui-test-{os.getpid()}"
    env = {"SCREENDIR": str(sockets), "TERM": term, "COLORTERM": "truecolor"}
    command = ("screen", "-U", "-c", os.devnull, "-S", name, AETUI, "launch", "--runs", str(runs))
    with Terminal(*command, size=(80, 24), env=env) as terminal:
        yield terminal
    subprocess.run(
        ["screen", "-S", name, "-X", "quit"],
        env={**os.environ, **env},
        capture_output=True,
        check=False,
    )


def image(terminal: Terminal) -> list[tuple[str, str, str]]:
    cells = [terminal.screen.buffer[row][column] for row, column in IMAGE]
    return [(cell.data, cell.fg, cell.bg) for cell in cells]


def test_the_digit_is_drawn_in_256_colours_and_walks(tmp_path: Path) -> None:
    with in_screen(tmp_path, tmp_path / "sockets") as terminal:
        terminal.wait("Ships with")
        terminal.press("5")
        terminal.wait("density")
        terminal.wait(lambda _: len({fg for _, fg, _ in image(terminal)}) > 5)
        before = image(terminal)
        terminal.press("L", "L")
        terminal.wait(lambda _: image(terminal) != before)
        assert b"38;5;" in terminal.raw
        assert not re.search(rb"[34]8;2;", terminal.raw)
        assert "11;?" not in terminal.text()  # the question for the background
        terminal.press("q")
        assert terminal.wait_for_end() == 0
