"""What stands on a map beside its points: the crosshair, and axes with their numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, Literal

from aetui.tui.widgets.plane import Viewport, ticks

GUTTER: Final = 7  # columns left of the plane, for the numbers of the vertical axis
ARM: Final = 2  # columns that the crosshair reaches to each side
EDGE: Final = 2  # cells from the edge at which the map follows the crosshair
LEAP: Final = 1 / 3  # of the map, by which it follows: to repaint it with every step is slow
Emphasis = Literal["line", "tint", "centre", "mark"]
"""What a mark does to its cell: replaces it, tints what is behind it, reverses it, both.

Tinted cells share a style, which takes a third of the bytes of a tint behind each class's colour.
"""


def cross_parts(
    column: int, row: int, columns: int, rows: int
) -> Iterable[tuple[int, int, str, Emphasis]]:
    """The arms, which hide nothing, and the centre; an arrow at the edge for a point beyond it."""
    at_column, at_row = min(max(column, 0), columns - 1), min(max(row, 0), rows - 1)
    if (at_column, at_row) != (column, row):
        arrow = "←" if column < 0 else "→" if column >= columns else "↑" if row < 0 else "↓"
        yield at_row, at_column, arrow, "line"
        return
    for step in range(-ARM, ARM + 1):
        if step and 0 <= column + step < columns:
            yield row, column + step, "─", "tint"
    for step in (-1, 1):
        if 0 <= row + step < rows:
            yield row + step, column, "│", "tint"
    yield row, column, "┼", "centre"


def leap(place: int, size: int) -> int:
    """How many cells a map moves, a multiple of its LEAP, to bring `place` within its EDGEs."""
    stride = max(1, round(size * LEAP))
    if place < EDGE:
        return -stride * math.ceil((EDGE - place) / stride)
    if place >= size - EDGE:
        return stride * math.ceil((place - size + EDGE + 1) / stride)
    return 0


def axes(view: Viewport, columns: int, rows: int) -> tuple[list[str], list[str]]:
    """The gutter's text for each row, and the two lines below the plane."""
    left, top = view.to_plane(0, 0, columns, rows)
    right, bottom = view.to_plane(columns - 1, rows - 1, columns, rows)
    gutter = [f"{'│':>{GUTTER}}"] * rows
    for value in ticks(bottom, top, max(2, rows // 4)):
        _, row = view.to_cell(view.x, value, columns, rows)
        if 0 <= row < rows:
            gutter[row] = f"{tick_text(value):>{GUTTER - 1}}┤"
    line, numbers = ["─"] * columns, [" "] * (columns + GUTTER)
    for value in ticks(left, right, max(2, columns // 10)):
        column, _ = view.to_cell(value, view.y, columns, rows)
        text = tick_text(value)
        start = GUTTER + column - len(text) // 2
        if 0 <= column < columns and start + len(text) <= len(numbers):
            line[column] = "┬"
            numbers[start : start + len(text)] = text
    return gutter, [" " * (GUTTER - 1) + "└" + "".join(line), "".join(numbers)]


def tick_text(value: float) -> str:
    """A number of an axis in at most GUTTER - 1 characters."""
    text = f"{value:g}"
    if len(text) < GUTTER:
        return text
    text = text.replace("0.", ".", 1)
    return text if len(text) < GUTTER else f"{value:.0e}".replace("e-0", "e-")
