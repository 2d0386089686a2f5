"""Points of the latent plane to cells: which class stands where, and what the axes say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CELL_ASPECT: Final = 2.0  # a terminal's cell is about twice as high as wide
OUTLIERS: Final = 0.002  # share of the points on each side that a map need not show
NARROWEST: Final = 1e-5  # width of a plane whose codes are all alike
MARGIN: Final = 1.04  # of a map around its points


@dataclass(frozen=True)
class Viewport:
    """The part of the plane that is shown: its middle, and the width of one column."""

    x: float
    y: float
    column: float

    def to_cells(self, points: NDArray[np.float32], columns: int, rows: int) -> NDArray[np.int64]:
        """(column, row) of each of the points [N, 2]; they may lie outside."""
        column = np.floor((points[:, 0] - self.x) / self.column + columns / 2)
        row = np.floor((self.y - points[:, 1]) / (self.column * CELL_ASPECT) + rows / 2)
        return np.stack([column, row], 1).astype(np.int64)

    def to_cell(self, x: float, y: float, columns: int, rows: int) -> tuple[int, int]:
        """(column, row) of one point, which may lie outside."""
        return (
            math.floor((x - self.x) / self.column + columns / 2),
            math.floor((self.y - y) / (self.column * CELL_ASPECT) + rows / 2),
        )

    def to_plane(self, column: float, row: float, columns: int, rows: int) -> tuple[float, float]:
        """The point in the middle of a cell."""
        return (
            self.x + (column + 0.5 - columns / 2) * self.column,
            self.y - (row + 0.5 - rows / 2) * self.column * CELL_ASPECT,
        )

    def extent(self, columns: int, rows: int) -> tuple[float, float, float, float]:
        """(left, right, bottom, top) of what is shown."""
        left, top = self.to_plane(-0.5, -0.5, columns, rows)
        right, bottom = self.to_plane(columns - 0.5, rows - 0.5, columns, rows)
        return left, right, bottom, top

    def zoomed(self, factor: float) -> Viewport:
        """The same middle, `factor` times as close."""
        return Viewport(self.x, self.y, self.column / factor)

    def contains(self, x: float, y: float, columns: int, rows: int, margin: int = 0) -> bool:
        """Whether a point is shown, at least `margin` cells from each edge."""
        column, row = self.to_cell(x, y, columns, rows)
        return margin <= column < columns - margin and margin <= row < rows - margin

    def panned(self, columns: float, rows: float) -> Viewport:
        """Moved by that many cells."""
        return Viewport(
            self.x + columns * self.column, self.y - rows * self.column * CELL_ASPECT, self.column
        )


def fit(points: NDArray[np.float32], columns: int, rows: int) -> Viewport:
    """The viewport that shows all but the outermost 0.2 percent of the points on each side.

    A unit is as long across as down.
    """
    if not len(points):
        return Viewport(0.0, 0.0, 6.0 / max(columns, 1))
    low, high = np.quantile(points, [OUTLIERS, 1 - OUTLIERS], axis=0)
    x, y = (low + high) / 2
    width, height = np.maximum(high - low, NARROWEST) * MARGIN
    column = max(width / max(columns, 1), height / (max(rows, 1) * CELL_ASPECT))
    return Viewport(float(x), float(y), float(column))


@dataclass(frozen=True)
class Cells:
    """What stands in each cell, [rows, columns]: the commonest label or -1, and how many points."""

    label: NDArray[np.int64]
    count: NDArray[np.int64]


def count_cells(
    points: NDArray[np.float32], labels: NDArray[np.int64], view: Viewport, columns: int, rows: int
) -> Cells:
    """The points sorted into cells; the commonest label wins a cell, the lowest of equals."""
    cells = view.to_cells(points, columns, rows)
    inside = (
        (cells[:, 0] >= 0) & (cells[:, 0] < columns) & (cells[:, 1] >= 0) & (cells[:, 1] < rows)
    )
    kinds = int(labels.max()) + 1 if len(labels) else 1
    flat = (cells[inside, 1] * columns + cells[inside, 0]) * kinds + labels[inside]
    table = np.bincount(flat, minlength=rows * columns * kinds).reshape(rows, columns, kinds)
    count = table.sum(2)
    return Cells(np.where(count > 0, table.argmax(2), -1), count)


def density_levels(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 for empty cells, else 1 to 3: how full a cell is, against the others."""
    filled = count[count > 0]
    if not len(filled):
        return np.zeros_like(count)
    high = max(2.0, float(np.quantile(filled, 0.9)))
    middle = max(1.0, math.sqrt(high))
    levels = (count > 0).astype(np.int64) + (count > middle) + (count > high)
    return np.where(levels > 0, 2, 0) if filled.max() == 1 else levels


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` multiples of a round step between `low` and `high`."""
    span = high - low
    if span <= 0 or most < 1:
        return []
    step = round_step(span / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, 1 - math.floor(math.log10(step)))
    return [round(number * step, digits) for number in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)


def decimals(step: float) -> int:
    """How many digits behind the point tell places apart that are a `step` from each other."""
    return max(0, min(9, 1 - math.floor(math.log10(step)))) if step > 0 else 2


def coordinate(value: float, digits: int) -> str:
    """A signed number with so many digits behind the point; zero has no minus."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"
