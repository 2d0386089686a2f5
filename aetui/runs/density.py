"""Where a scatter is densest, and the codes that stand for it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from aetui.runs.latent_map import Extent

Grid = NDArray[np.float64]
SMOOTHING: Final = (3, 5)  # (rows, columns) that the density of a cell is counted in
FEWEST: Final = 3.0  # points there that make a peak
BINS: Final = 96  # of the wider side of the plane, for the density at each point
AROUND: Final = 3  # bins a side in which it is counted
Peak = tuple[int, int, int]
"""(row, column) of the upper left corner of what stands for a peak, and the number of its point."""


def density_peaks(
    points: NDArray[np.float32], extent: Extent, size: tuple[int, int], window: tuple[int, int]
) -> list[Peak]:
    """The peaks of the density of `points` [N, 2], densest first, as many as fit side by side.

    The map shows `extent` in `size` (columns, rows) cells; each peak is given `window`
    (rows, columns) of them.
    """
    columns, rows = size
    height, width = window
    if rows < height or columns < width:
        return []
    left, right, bottom, top = extent
    corner, cell = (
        np.array([left, top]),
        np.array([(right - left) / columns, (bottom - top) / rows]),
    )
    cells = np.floor((points - corner) / cell).astype(np.int64)
    counts = np.zeros((rows, columns))
    inside = ((cells >= 0) & (cells < [columns, rows])).all(1)
    np.add.at(counts, (cells[inside, 1], cells[inside, 0]), 1)
    density = windows(np.pad(counts, _around(SMOOTHING)), SMOOTHING).sum((2, 3))
    tops = windows(np.pad(density, _around(SMOOTHING)), SMOOTHING).max((2, 3))
    places = np.argwhere((density >= tops) & (density >= FEWEST))
    order = np.argsort(-density[places[:, 0], places[:, 1]], kind="stable")
    taken = np.zeros((rows, columns), bool)
    found: list[Peak] = []
    for peak_row, peak_column in places[order].tolist():
        row = min(max(0, peak_row - height // 2), rows - height)
        column = min(max(0, peak_column - width // 2), columns - width)
        area = slice(row, row + height), slice(column, column + width)
        if not taken[area].any():
            taken[area] = True
            place = corner + (np.array([peak_column, peak_row]) + 0.5) * cell
            squares = ((points - place) ** 2).sum(1)
            found.append((row, column, int(squares.argmin())))
    return found


def windows(values: Grid, window: tuple[int, int]) -> NDArray[np.float64]:
    """Every part of `values` of that size, [rows, columns, *window]."""
    return np.asarray(sliding_window_view(values, window))


def _around(window: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The padding that centres a window on each place."""
    return tuple(((side - 1) // 2, side // 2) for side in window)


def density_side(points: NDArray[np.float32]) -> float:
    """The side of the squares, of a fine grid, in which `point_density` counts."""
    return AROUND * _bin_side(points)


def _bin_side(points: NDArray[np.float32]) -> float:
    return max(float(np.ptp(points, axis=0).max()) / BINS, 1e-12)


def point_density(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many of the points [N, 2] lie around each of them, in a square of `density_side`."""
    bins = ((points - points.min(0)) / _bin_side(points)).astype(np.int64)
    counts = np.zeros(bins.max(0) + 1)
    np.add.at(counts, (bins[:, 0], bins[:, 1]), 1)
    around = windows(np.pad(counts, AROUND // 2), (AROUND, AROUND)).sum((2, 3))
    return np.asarray(around[bins[:, 0], bins[:, 1]], np.float32)
