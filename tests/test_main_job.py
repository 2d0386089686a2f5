"""The main job in a real pseudo-terminal: both trainings, every screen while they run, the end."""

from __future__ import annotations

import json
import re
import termios
import time
from pathlib import Path

import pytest

from aetui.runs.directory import list_runs
from tests.terminal import Terminal, launch
from tests.trainers import events, newest_step, records, wait_until

RUNS = ("vae-001", "dae-001")


def falling(run: Path) -> bool:
    losses = [record["loss"] for record in records(run, "step")]
    return len(losses) >= 3 and losses[-1] < 0.95 * losses[0]


def wait_until_falling(terminal: Terminal, runs: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not all(falling(runs / name) for name in RUNS):
        assert time.monotonic() < end, terminal.text()
        assert terminal.read(0.2)


def wait_for_further_steps(run: Path) -> None:
    step = newest_step(run)
    wait_until(lambda: newest_step(run) > step, f"further steps of {run.name}")


def digit(terminal: Terminal) -> list[tuple[str, str]]:
    """The colours of the cells where the navigator draws the decoded digit."""
    cells = [terminal.screen.buffer[row][column] for row in range(2, 16) for column in range(2, 28)]
    return [(cell.fg, cell.bg) for cell in cells]


def maps(pid: int) -> str:
    """The files that the process has in its memory."""
    return Path(f"/proc/{pid}/maps").read_text()


def walk(terminal: Terminal) -> None:
    """Every screen once, and a step on the plane that changes the digit."""
    terminal.wait(lambda text: len(re.findall(r"epoch +\d+\.\d+/", text)) == 2)
    terminal.press("d")
    terminal.wait("PSNR")
    terminal.press("n")
    terminal.wait("z0")
    terminal.wait(lambda _: len(set(digit(terminal))) > 5)
    before = digit(terminal)
    terminal.press("L", "L")
    terminal.wait("+1.00")
    terminal.wait(lambda _: digit(terminal) != before)
    terminal.press("4")
    terminal.wait("points, epoch")
    terminal.press("3")
    terminal.wait("5,000 images")
    terminal.press("1")
    terminal.wait("images/s")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_main_job_on_mnist(size: tuple[int, int], runs: Path, mnist_dir: Path) -> None:
    with launch(runs, "--data-dir", str(mnist_dir), size=size) as terminal:
        before = termios.tcgetattr(terminal.fd)
        terminal.wait("Both")
        terminal.press("b")
        wait_until_falling(terminal, runs)
        walk(terminal)
        assert "torch" not in maps(terminal.pid)
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert "still training: vae-001, dae-001" in terminal.raw.decode(errors="replace")
        assert before == termios.tcgetattr(terminal.fd)
        for restored in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
            assert restored in terminal.raw[-2000:]
    for run in list_runs(runs):
        wait_for_further_steps(run)  # they train on without the app


def test_main_job_without_mnist(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Offline with an empty cache: `auto` is the built-in digits, and the screen says so."""
    with launch(runs, "--data-dir", str(tmp_path_factory.mktemp("empty"))) as terminal:
        terminal.wait("Both")
        terminal.press("b")
        wait_until_falling(terminal, runs)
        terminal.wait("MNIST could not")
        terminal.press("3")
        terminal.wait("360 images")
        terminal.press("1", "p")
        terminal.wait("paused")
        terminal.press("p")
        terminal.wait(lambda text: "paused" not in text)
        terminal.press("x")
        terminal.wait("stopped")
        terminal.press("r")
        expected = ["started", "paused", "resumed", "stopped", "resumed"]
        run = runs / RUNS[0]
        terminal.wait(lambda _: [name for name in events(run) if name != "saved"] == expected)
    assert json.loads((runs / RUNS[0] / "config.json").read_text())["data"] == "digits"
