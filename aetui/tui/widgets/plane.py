"""Points of the latent plane to cells: which class stands where, and what the axes say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Petroff, "Accessible color sequences for data visualization" (arXiv:2107.02270): ten colours that
# colour-blind readers tell apart.
PETROFF_10: Final = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
GLYPHS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CELL_ASPECT: Final = 2.0  # a terminal's cell is about twice as high as wide


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

    def zoomed(self, factor: float) -> Viewport:
        """The same middle, `factor` times as close."""
        return Viewport(self.x, self.y, self.column / factor)

    def panned(self, columns: float, rows: float) -> Viewport:
        """Moved by that many cells."""
        return Viewport(
            self.x + columns * self.column, self.y - rows * self.column * CELL_ASPECT, self.column
        )


def fit(points: NDArray[np.float32], columns: int, rows: int) -> Viewport:
    """The viewport that shows all but the outermost points (0.2 % a side), in true proportion."""
    if not len(points):
        return Viewport(0.0, 0.0, 6.0 / max(columns, 1))
    low, high = np.quantile(points, [0.002, 0.998], axis=0)
    (x, y), (width, height) = (low + high) / 2, np.maximum(high - low, 1e-3) * 1.04
    return Viewport(
        float(x),
        float(y),
        float(max(width / max(columns, 1), height / (max(rows, 1) * CELL_ASPECT))),
    )


@dataclass(frozen=True)
class Cells:
    """The commonest label of each cell (-1 for none) and its points, both [rows, columns]."""

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
    return (count > 0).astype(np.int64) + (count > middle) + (count > high)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers from `low` to `high`: steps of 1, 2 or 5 times a power of 10."""
    span = high - low
    if span <= 0 or most < 1:
        return []
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Neighbourhood:
    """What is near a point: labels of the nearest test images, and how dense the plane is there."""

    labels: tuple[int, ...]
    density: float  # codes per unit of area, as a share of the densest place: 0 to 1


NEAREST: Final = 8
_DENSITY_RADII: Final = 0.25  # of the codes' standard deviation


class Neighbours:
    """Answers what is near a point of the plane, by a search through all of some thousand codes."""

    def __init__(self, points: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        self._points, self._labels = points, labels
        self._radius = max(float(points.std()) * _DENSITY_RADII, 1e-6) if len(points) else 1.0
        sample = points[:: max(1, len(points) // 400)]
        self._densest = max((self._within(x, y) for x, y in sample.tolist()), default=1) or 1

    def _within(self, x: float, y: float) -> int:
        return int((self._squares(x, y) < self._radius**2).sum())

    def _squares(self, x: float, y: float) -> NDArray[np.float32]:
        return ((self._points - np.array([x, y], np.float32)) ** 2).sum(1)  # type: ignore[no-any-return]

    def at(self, x: float, y: float) -> Neighbourhood:
        """The neighbourhood of (x, y)."""
        squares = self._squares(x, y)
        count = min(NEAREST, len(squares))
        nearest = np.argpartition(squares, count - 1)[:count] if count else np.array([], np.int64)
        nearest = nearest[np.argsort(squares[nearest])]
        density = min(1.0, int((squares < self._radius**2).sum()) / self._densest)
        return Neighbourhood(tuple(int(label) for label in self._labels[nearest]), density)
