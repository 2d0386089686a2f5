"""The main job in a real pseudo-terminal: both trainings by key, every screen while they run, and the way out."""

from __future__ import annotations

import json
import re
import termios
import time
from pathlib import Path

import pytest

from aetui.runs.directory import list_runs
from tests.terminal import Terminal, launch


def losses(run: Path) -> list[float]:
    lines = (
        (run / "metrics.jsonl").read_text().splitlines() if (run / "metrics.jsonl").exists() else []
    )
    return [record["loss"] for record in map(json.loads, lines) if record["kind"] == "step"]


def events(run: Path) -> list[str]:
    records = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [record["event"] for record in records if record["kind"] == "event"]


def falling(run: Path) -> bool:
    values = losses(run)
    return len(values) >= 3 and values[-1] < 0.95 * values[0]


def wait_until_falling(terminal: Terminal, runs: Path, patience: float = 120) -> None:
    end = time.monotonic() + patience
    while not (falling(runs / "vae-001") and falling(runs / "dae-001")):
        assert time.monotonic() < end, terminal.text()
        assert terminal.read(0.2)


def digit(terminal: Terminal) -> list[tuple[str, str]]:
    """The colours of the cells where the navigator draws the decoded digit."""
    cells = [terminal.screen.buffer[row][column] for row in range(2, 16) for column in range(2, 28)]
    return [(cell.fg, cell.bg) for cell in cells]


def pid_maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_main_job_on_mnist(size: tuple[int, int], runs: Path, mnist_dir: Path) -> None:
    with launch(runs, "--data-dir", str(mnist_dir), size=size) as terminal:
        before = termios.tcgetattr(terminal.fd)
        terminal.wait("Both")
        terminal.press("b")
        wait_until_falling(terminal, runs)
        terminal.wait(lambda text: len(re.findall(r"epoch +\d+\.\d+/", text)) == 2)
        terminal.press("d")
        terminal.wait("PSNR")
        terminal.press("n")
        terminal.wait("z0")
        terminal.wait(lambda _: len(set(digit(terminal))) > 5)
        before_step = digit(terminal)
        terminal.press("L", "L")
        terminal.wait("+1.00")
        terminal.wait(lambda _: digit(terminal) != before_step)
        terminal.press("m")
        terminal.wait("points, epoch")
        terminal.press("l")
        terminal.wait("5,000 images")
        assert "torch" not in pid_maps(terminal.pid)
        terminal.press("t")
        terminal.wait("images/s")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert "still training: vae-001, dae-001" in terminal.raw.decode(errors="replace")
        assert before == termios.tcgetattr(terminal.fd)
        for restored in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
            assert restored in terminal.raw[-2000:]
    steps = {run.name: len(losses(run)) for run in list_runs(runs)}
    end = time.monotonic() + 60
    while any(
        len(losses(run)) <= steps[run.name] for run in list_runs(runs)
    ):  # they train on without the app
        assert time.monotonic() < end
        time.sleep(0.2)


def test_main_job_without_mnist(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Offline with an empty cache: `auto` is the built-in digits, and the screen says so."""
    with launch(runs, "--data-dir", str(tmp_path_factory.mktemp("empty"))) as terminal:
        terminal.wait("Both")
        terminal.press("b")
        wait_until_falling(terminal, runs)
        terminal.wait("MNIST could not")
        terminal.press("l")
        terminal.wait("360 images")
        terminal.press("t", "p")
        terminal.wait("paused")
        terminal.press("p")
        terminal.wait(lambda text: "paused" not in text)
        terminal.press("x")
        terminal.wait("stopped")
        terminal.press("r")
        expected = ["started", "paused", "resumed", "stopped", "resumed"]
        terminal.wait(
            lambda _: [event for event in events(runs / "vae-001") if event != "saved"] == expected
        )
    assert json.loads((runs / "vae-001" / "config.json").read_text())["data"] == "digits"
