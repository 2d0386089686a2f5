"""The numbers beside and below a chart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from aetui.tui.widgets.chart_raster import Window
from aetui.tui.widgets.plane import ticks

GUTTER: Final = 8  # columns left of the curves
LOW: Final = 6  # rows of a chart that has none left for the line of the horizontal axis
FEW_ROWS: Final = 5  # of curves, beside which only the ends of the axis are named
ROWS_APART: Final = 3  # of two numbers of the vertical axis
COLUMNS_APART: Final = 12
THOUSANDS: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
DECADE: Final = (1, 2, 5)


def rows_below(height: int) -> int:
    """How many rows of a chart so high are below the curves."""
    return 2 if height > LOW else 1


def gutter(window: Window, rows: int, *, log: bool) -> list[str]:
    """What stands left of each row: a number here and there, and the axis."""
    lines = [f"{'│':>{GUTTER}}"] * rows
    if rows <= FEW_ROWS:
        ends = {0: window.top, rows - 1: window.bottom}
        for row, height in ends.items():
            lines[row] = _beside(float(f"{10**height if log else height:.3g}"))
        return lines
    most = max(2, rows // ROWS_APART)
    for value, height in _heights(window, most, log=log):
        row = window.row(height, rows)
        if 0 <= row < rows:
            lines[row] = _beside(value)
    return lines


def _beside(value: float) -> str:
    """A number of the vertical axis, and the axis."""
    return f"{_fitting(value):>{GUTTER - 1}}┤"


def _fitting(value: float) -> str:
    """The number with as many digits as fit into the gutter."""
    texts = (f"{value:.{digits}g}" for digits in range(GUTTER, 0, -1))
    return next((text for text in texts if len(text) < GUTTER), "")


def _heights(window: Window, most: int, *, log: bool) -> Iterable[tuple[float, float]]:
    """(number, its height on the axis)."""
    if not log:
        return ((value, value) for value in ticks(window.bottom, window.top, most))
    low, high = 10**window.bottom, 10**window.top
    values = [
        factor * 10.0**power
        for power in range(math.floor(window.bottom), math.ceil(window.top) + 1)
        for factor in DECADE
    ]
    values = [value for value in values if low <= value <= high]
    if len(values) > most:  # decades alone
        values = [value for value in values if math.log10(value).is_integer()] or values
        values = values[:: max(1, math.ceil(len(values) / most))]
    elif len(values) < 3:  # less than a decade
        values = [value for value in ticks(low, high, most) if value > 0]
    return ((value, math.log10(value)) for value in values)


def bottom_lines(window: Window, columns: int, title: str, count: int) -> list[str]:
    """The last `count` of two lines: the axis, and its numbers with its `title` at the end."""
    line, numbers = ["─"] * columns, [" "] * (GUTTER + columns)
    title = f" {title}"
    free = len(numbers) - len(title)
    for value in ticks(window.left, window.right, max(2, columns // COLUMNS_APART)):
        column, text = window.column(value, columns), count_text(value)
        column = min(column, columns - 1)  # the end of the axis
        start = GUTTER + column - len(text) // 2
        if column < 0:
            continue
        line[column] = "┬"
        if start + len(text) <= free:
            numbers[start : start + len(text)] = text
    numbers[free:] = title
    return [" " * (GUTTER - 1) + "└" + "".join(line), "".join(numbers)][-count:]


def count_text(value: float) -> str:
    """A number of the horizontal axis, as in 450, 20k, 1.5M."""
    for size, unit in THOUSANDS:
        if abs(value) >= size and abs(value) >= 10_000:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
