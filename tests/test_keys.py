"""Keys over a slow line: few bytes for each, none lost, no queue of pictures behind them."""

from __future__ import annotations

import os
import statistics
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.terminal import ESCAPES, Terminal, launch

SHIPPED = ROOT / "checkpoints"


def open_navigator(terminal: Terminal) -> None:
    terminal.wait("Denoising autoencoder")
    terminal.press("n")
    terminal.wait("density")
    terminal.wait(
        lambda _: (
            len(
                {
                    terminal.screen.buffer[row][column].bg
                    for row in range(1, 30)
                    for column in range(1, 50)
                }
            )
            > 5
        )
    )
    terminal.read(1.0)


def test_a_step_costs_at_most_3500_bytes(tmp_path: Path) -> None:
    with launch(tmp_path) as terminal:  # an empty folder: the shipped run is shown
        open_navigator(terminal)
        costs = []
        for number in range(40):
            before = len(terminal.raw)
            terminal.press("right" if number % 20 < 10 else "left")
            terminal.read(0.15)
            costs.append(len(terminal.raw) - before)
        assert 0 < statistics.median(costs) <= 3500


@pytest.mark.parametrize("key", ["right", "j"])
def test_held_keys_all_count_and_the_screen_is_soon_still(key: str, tmp_path: Path) -> None:
    with launch(tmp_path) as terminal:
        open_navigator(terminal)
        for _ in range(300):
            os.write(terminal.fd, ESCAPES.get(key, key).encode())
            terminal.read(0.01)
        terminal.wait("z0  +30.00" if key == "right" else "z1  -30.00")
        terminal.read(1.0)
        shown = len(terminal.raw)
        terminal.read(1.0)
        assert len(terminal.raw) == shown


def test_a_storm_of_resizes_leaves_the_screen_whole(tmp_path: Path) -> None:
    with launch(tmp_path) as terminal:
        open_navigator(terminal)
        for columns, rows in ((80, 24), (200, 60), (90, 30), (250, 70), (81, 25), (120, 40)) * 3:
            terminal.resize(columns, rows)
            terminal.read(0.03)
        terminal.wait(lambda text: "density" in text and "Origin" in text.splitlines()[-1])
        terminal.read(1.0)
        storm = terminal.text()
        terminal.press("ctrl+l")
        terminal.read(1.0)
        assert terminal.text() == storm


@pytest.mark.parametrize(
    ("options", "env"),
    [
        ((), {"NO_COLOR": "1"}),
        ((), {"NO_COLOR": ""}),
        (("--color", "none"), {}),
        (("--ascii",), {}),
        (("--color", "16"), {}),
        (("--color", "256"), {}),
    ],
)
def test_every_terminal_shows_the_digit(
    options: tuple[str, ...], env: dict[str, str], tmp_path: Path
) -> None:
    with launch(tmp_path, *options, size=(80, 24), env=env) as terminal:
        terminal.wait("Denoising autoencoder")
        terminal.press("n")
        terminal.wait("density")

        def drawn() -> tuple[tuple[str, str, str], ...]:
            cells = [
                terminal.screen.buffer[row][column]
                for row in range(2, 16)
                for column in range(2, 28)
            ]
            return tuple((cell.data, cell.fg, cell.bg) for cell in cells)

        terminal.wait(lambda _: len(set(drawn())) > 3)
        before = drawn()
        terminal.press("L", "L")
        terminal.wait(lambda _: drawn() != before)
        colours = {cell.fg for row in terminal.screen.buffer.values() for cell in row.values()} | {
            cell.bg for row in terminal.screen.buffer.values() for cell in row.values()
        }
        if "NO_COLOR" in env or "none" in options:
            assert colours == {"default"}
        else:
            assert len(colours) > 3
        if "--ascii" in options:
            assert terminal.text().isascii()
