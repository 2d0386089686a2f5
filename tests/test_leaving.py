"""Whatever ends the app, the terminal comes back, and trainings go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from aetui.runs.lock import lock_holder
from tests.terminal import Terminal, launch
from tests.trainers import newest_step, wait_until

RESTORED = (
    b"\x1b[?1049l",
    b"\x1b[?25h",
    b"\x1b[?1000l",
    b"\x1b[?1003l",
    b"\x1b[?2004l",
    b"\x1b[<u",
    b"\x1b[?7h",
    b"\x1b[?1004l",
)


@pytest.mark.parametrize(
    ("way", "code"),
    [("q", 0), ("ctrl+q", 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_the_terminal_comes_back(way: str | signal.Signals, code: int, trained: Path) -> None:
    with launch(trained) as terminal:
        before = termios.tcgetattr(terminal.fd)
        terminal.wait("Denoising autoencoder")
        terminal.press("n")
        terminal.wait("z0")
        if isinstance(way, signal.Signals):
            os.kill(terminal.pid, way)
        else:
            terminal.press(way)
        assert terminal.wait_for_end(10) == code
        assert termios.tcgetattr(terminal.fd) == before
        for sequence in RESTORED:
            assert sequence in terminal.raw[-4000:], sequence


def test_the_terminal_comes_back_after_an_exception(trained: Path, tmp_path: Path) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text(
        "import sys\n"
        "from aetui.tui.screens.navigate import NavigateScreen\n"
        "from aetui.cli import main\n"
        "def broken(self, right, up): raise RuntimeError('made to fail')\n"
        "NavigateScreen.action_step = broken\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    with Terminal(sys.executable, str(crash), "launch", "--runs", str(trained)) as terminal:
        before = termios.tcgetattr(terminal.fd)
        terminal.wait("Denoising autoencoder")
        terminal.press("n")
        terminal.wait("z0")
        terminal.press("right")
        assert terminal.wait_for_end(10) == 1
        assert "made to fail" in terminal.raw.decode(errors="replace")
        assert termios.tcgetattr(terminal.fd) == before
        assert b"\x1b[?1049l" in terminal.raw


def test_a_dumb_terminal_gets_a_sentence(trained: Path) -> None:
    with launch(trained, env={"TERM": "dumb"}) as terminal:
        assert terminal.wait_for_end() == 2
        assert b"cannot draw" in terminal.raw
        assert b"\x1b" not in terminal.raw


def lives(pid: str) -> bool:
    """Whether the process runs; one that has ended and waits to be reaped has no command line."""
    path = Path(f"/proc/{pid}/cmdline")
    return path.exists() and bool(path.read_bytes())


def test_hang_up_ends_the_app_and_not_the_training(runs: Path) -> None:
    terminal = launch(runs, "--data", "digits")
    terminal.wait("Start")
    terminal.press("s")
    terminal.wait("images/s", 90)
    helpers = subprocess.run(
        ["pgrep", "-P", str(terminal.pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    os.close(terminal.fd)  # as when the connection drops: the kernel hangs up
    wait_until(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0] != 0, "the end of the app")
    run = runs / "vae-001"
    step = newest_step(run)
    wait_until(lambda: newest_step(run) > step + 5, "further steps")
    trainer = lock_holder(run)
    assert trainer is not None
    # The inference process goes too, though perhaps only when it has loaded torch.
    wait_until(
        lambda: not [pid for pid in helpers if int(pid) != trainer and lives(pid)],
        "the end of the inference process",
    )
    with launch(runs) as again:
        again.wait("images/s")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_tmux_detach_and_attach(trained: Path, tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    command = f"{sys.executable} -m aetui launch --runs {trained}"

    def screen() -> str:
        return subprocess.run(
            [*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False
        ).stdout

    def wait(*words: str) -> str:
        """The screen once it shows the words and has stopped changing."""
        end = time.monotonic() + 60
        text, before = screen(), ""
        while text != before or not all(word in text for word in words):
            assert time.monotonic() < end, text
            time.sleep(0.5)
            before, text = text, screen()
        return text

    try:
        with Terminal(
            *tmux, "new-session", "-x", "120", "-y", "40", command, size=(120, 41)
        ) as first:
            first.wait("Denoising autoencoder")
            first.press("n")
            first.wait(lambda text: "density" in text and "nearest scanned" not in text)
            before = wait("density", "Origin")
            first.press("\x02", "d")
            first.wait_for_end()
        with Terminal(*tmux, "attach", size=(120, 41)) as second:
            second.wait("density")
            assert wait("density", "Origin") == before
            second.press("end", "home", "right")  # as tmux sends them
            wait("+0.10")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
