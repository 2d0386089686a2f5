"""The driver in real terminals: a pseudo-terminal, and tmux."""

from __future__ import annotations

import base64
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aetui.tui.textual_internals.diff_driver import OutputDiff
from tests.conftest import ROOT
from tests.pilot import AETUI
from tests.streams import COLUMNS, ROWS
from tests.terminal import Terminal
from tests.test_diff_driver import shown

SMALL_APP = (sys.executable, "-m", "tests.small_app")
POINTER = b"\x1b]22;text\x07"  # Textual's wish for the mouse pointer over a field
COPY = b"\x1b]52;c;" + base64.b64encode(b"me text") + b"\x07"
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


def small_app(**options: object) -> Terminal:
    return Terminal(*SMALL_APP, cwd=ROOT, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("plain", ["0", "1"])
def test_a_mouse_over_a_field_and_a_copy_reach_the_terminal_whole(plain: str) -> None:
    with small_app(env={"AETUI_PLAIN_OUTPUT": plain}) as terminal:
        terminal.wait("size 120x40")
        terminal.move_mouse(10, 2)
        terminal.wait(lambda _: POINTER in terminal.raw)
        for letter in "me text":
            terminal.press(letter)
        terminal.press("shift+home", "ctrl+c")
        terminal.wait(lambda _: COPY in terminal.raw)
        text = terminal.text()
        assert "me text" in text
        assert "22;" not in text
        assert "52;" not in text


def test_keys_of_one_read_go_to_the_fields_they_were_typed_for() -> None:
    with small_app() as terminal:
        terminal.wait("size")
        terminal.type(b"5\t\t\t8")
        terminal.wait("8")
        fields = [line.strip() for line in terminal.text().splitlines()[1:7]]
        assert fields == ["5", "", "", "8", "", ""]


@pytest.mark.parametrize("size", ["rows 0 cols 0", "rows 0 cols 80", "rows 24 cols 0"])
def test_a_terminal_without_a_size_is_80x24_until_one_comes(size: str) -> None:
    command = f"stty {size}; exec {' '.join(SMALL_APP)}"
    with Terminal("/bin/sh", "-c", command, size=(80, 24), cwd=ROOT) as terminal:
        terminal.wait("size 80x24")
        terminal.resize(100, 30)
        terminal.wait("size 100x30")


def test_columns_and_lines_of_the_environment_are_not_believed() -> None:
    with small_app(size=(80, 24), env={"COLUMNS": "200", "LINES": "60"}) as terminal:
        terminal.wait("size 80x24")
        terminal.resize(100, 30)
        terminal.wait("size 100x30")


@pytest.mark.parametrize("redirection", ["2>/dev/null", "2>err.log", ">out.txt"])
def test_it_draws_on_the_terminal_whatever_is_redirected(redirection: str, tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m tests.small_app {redirection}"
    path = {"PYTHONPATH": str(ROOT)}
    with Terminal("/bin/sh", "-c", command, cwd=tmp_path, env=path) as terminal:
        terminal.wait("size 120x40")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "</dev/null 2>&-"])
def test_it_draws_on_the_terminal_whatever_is_closed(closed: str, tmp_path: Path) -> None:
    command = f"{AETUI} launch --runs {tmp_path} --data digits {closed}; echo ended with $?"
    with Terminal("/bin/sh", "-c", command) as terminal:
        terminal.wait("Ships with")
        terminal.press("5")
        terminal.wait("density")
        terminal.press("q")
        terminal.wait("ended with 0")


def test_without_a_terminal_it_is_refused_in_one_sentence() -> None:
    command = ["setsid", sys.executable, "-m", "aetui", "launch"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_suspends_and_comes_back_whole() -> None:
    command = f"set -m; {' '.join(SMALL_APP)}; echo suspended; read answer; fg"
    with Terminal("/bin/bash", "-c", command, cwd=ROOT) as terminal:
        terminal.wait("size 120x40")
        terminal.press("h", "i", "ctrl+z")
        terminal.wait("suspended")
        terminal.press("enter")
        terminal.wait(lambda text: "size 120x40" in text and "hi" in text and "Quit" in text)
        terminal.press("!")
        terminal.wait("hi!")


@contextmanager
def tmux(columns: int, rows: int, *command: str) -> Iterator[Callable[..., str]]:
    """A tmux server of its own that runs `command`; calls it with tmux's arguments."""
    socket = f"aetui-test-{random.getrandbits(48):x}"

    def call(*arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", socket, "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        return done.stdout

    size = ["-x", str(columns), "-y", str(rows)]
    call("new-session", "-d", *size, "sleep 60")
    call("set", "-g", "set-clipboard", "on")
    call("set", "-g", "remain-on-exit", "on")
    call("set", "-g", "status", "off")
    call("new-window", "-e", "LANG=C.UTF-8", *command)
    try:
        yield call
    finally:
        call("kill-server")


def wait_for(shows: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not shows():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


@needs_tmux
def test_a_copy_in_tmux_reaches_its_buffer_and_nothing_is_printed() -> None:
    with tmux(80, 24, *SMALL_APP) as call:
        wait_for(
            lambda: (
                "some text" in call("capture-pane", "-p") or "size" in call("capture-pane", "-p")
            )
        )
        call("send-keys", "-l", "me text")
        wait_for(lambda: "me text" in call("capture-pane", "-p"))
        call("send-keys", "-H", *(f"{ord(c):x}" for c in "\x1b[<35;10;2M"))
        call("send-keys", "S-Home")
        call("send-keys", "C-c")
        wait_for(lambda: "me text" in call("list-buffers"))
        text = call("capture-pane", "-p")
        assert "22;" not in text
        assert "52;" not in text


def random_stream(chance: random.Random) -> list[str]:
    """What programs write: moves, colours, text, titles, erasures; in pieces cut anywhere."""
    pieces = []
    for _ in range(40):
        row, column = chance.randrange(1, ROWS), chance.randrange(1, COLUMNS)
        colour = chance.choice(["31", "38;5;240", "48;5;17", "1;38;2;1;2;3", "7", "0", "4"])
        text = "".join(chance.choice("ab  ▀─漢") for _ in range(chance.randrange(1, 9)))
        pieces += [
            f"\x1b[{row};{column}H\x1b[{colour}m{text}\x1b[0m",
            chance.choice(
                ["", "", "\x1b]0;title\x07", "\x1b]52;c;bWU=\x1b\\", "\x1b[K", "\x1b[2X"]
            ),
        ]
    stream = "".join(pieces)
    cuts = sorted(chance.randrange(len(stream)) for _ in range(5))
    starts, stops = [0, *cuts], [*cuts, len(stream)]
    return [stream[start:stop] for start, stop in zip(starts, stops, strict=True)]


@needs_tmux
def test_random_streams_show_the_same_cells_in_tmux(tmp_path: Path) -> None:
    """Some streams one after the other, each on a cleared screen: with the differ and without."""
    chance = random.Random(5)
    for number in range(8):
        pieces = random_stream(chance)
        diff = OutputDiff()
        sent = [*(diff.compress(piece, (COLUMNS, ROWS)) for piece in pieces), diff.finish()]
        streams = ["".join(part) for part in (pieces, sent)]
        seen = [shown(_captured_in_tmux(stream, tmp_path / "stream")) for stream in streams]
        assert seen[0] == seen[1], f"stream {number}"


def _captured_in_tmux(stream: str, path: Path) -> str:
    path.write_text(stream, newline="")
    with tmux(COLUMNS, ROWS, "sh", "-c", f"cat {path}; sleep 60") as call:
        before = ""
        while not before or (now := call("capture-pane", "-e", "-p")) != before:
            before = now if before else call("capture-pane", "-e", "-p")
            time.sleep(0.15)
        return before.replace("\n", "\r\n").rstrip("\r\n")
