"""Curves to braille: which dots of which cells, and whose colour a cell has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.tui.widgets.curve import Floats, Line, spans

ACROSS: Final = 2  # dots of a cell
DOWN: Final = 4
BLANK: Final = 0x2800
BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.int64)
"""Of each dot in the number of a braille character, [DOWN, ACROSS]."""
DASH: Final = 4  # columns of dots; as long a gap follows
NOBODY: Final = -1
Dots = NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """The part of the plane that a chart shows. With a logarithmic axis, y are powers of ten."""

    left: float
    right: float
    bottom: float
    top: float

    def column(self, x: float, columns: int) -> int:
        """The column of cells in which x lies; it may be outside."""
        return int(np.floor((x - self.left) / (self.right - self.left) * columns))

    def row(self, y: float, rows: int) -> int:
        """The row of cells in which y lies; it may be outside."""
        return int(np.floor((self.top - y) / (self.top - self.bottom) * rows))

    def x(self, column: float, columns: int) -> float:
        """What lies in the middle of a column of cells."""
        return self.left + (column + 0.5) / columns * (self.right - self.left)


@dataclass(frozen=True)
class Raster:
    """Cells [rows, columns]: their braille numbers, whose line they show, and how brightly."""

    glyphs: NDArray[np.int64]
    owners: NDArray[np.int64]  # places in the list of lines; NOBODY in an empty cell
    faint: Dots  # only a spread is there


def draw(lines: Sequence[Line], window: Window, columns: int, rows: int) -> Raster:
    """The lines over their spreads; of lines that share a cell, the last gives it its colour."""
    owners = np.full((rows, columns), NOBODY)
    spread = np.zeros((rows, columns), np.int64)
    solid = np.zeros((rows, columns), np.int64)
    owned = np.full((rows, columns), NOBODY)
    for number, line in enumerate(lines):
        dots = _dots(line.x, line.low, line.high, window, columns, rows).repeat(ACROSS, 1)
        faint = _cells(_stippled(dots))
        owners[faint > 0] = number
        spread = np.where(faint > 0, faint, spread)
        dots = _dots(line.x, line.y, line.y, window, columns * ACROSS, rows)
        if line.dashed:
            dots &= (np.arange(columns * ACROSS) // DASH % 2 == 0)[None, :]
        bright = _cells(dots)
        solid |= bright
        owned[bright > 0] = number
    has_line = solid > 0
    return Raster(
        BLANK + np.where(has_line, solid, spread), np.where(has_line, owned, owners), ~has_line
    )


def _dots(x: Floats, low: Floats, high: Floats, window: Window, columns: int, rows: int) -> Dots:
    """The dots between `low` and `high` in each of the columns, [DOWN * rows, columns]."""
    bottom, top = spans(x, low, high, window.left, window.right, columns)
    scale = rows * DOWN / (window.top - window.bottom)
    limit = rows * DOWN
    first, last = ((window.top - value) * scale for value in (top, bottom))
    seen = np.isfinite(first) & (last >= 0) & (first < limit)
    upper = np.where(seen, np.clip(np.nan_to_num(first), 0, limit - 1), limit).astype(np.int64)
    lower = np.where(seen, np.clip(np.nan_to_num(last), 0, limit - 1), -1).astype(np.int64)
    row = np.arange(limit)[:, None]
    return np.asarray((row >= upper) & (row <= lower))


def _stippled(dots: Dots) -> Dots:
    """Every second dot, so that a spread is fainter than a line even without colours."""
    rows, columns = dots.shape
    row, column = np.arange(rows)[:, None], np.arange(columns)[None, :]
    return np.asarray(dots & ((row + column) % 2 == 0))


def _cells(dots: Dots) -> NDArray[np.int64]:
    """The braille numbers of the cells, without that of the blank."""
    rows, columns = dots.shape
    parts = dots.reshape(rows // DOWN, DOWN, columns // ACROSS, ACROSS)
    return np.asarray(np.einsum("rdca,da->rc", parts, BITS), np.int64)
