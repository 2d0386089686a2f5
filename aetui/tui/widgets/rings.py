"""Ellipses around a point of the plane in braille dots, two by four a cell."""

from __future__ import annotations

from typing import Final

import numpy as np

from aetui.tui.widgets.plane import CELL_ASPECT, Viewport

Mark = tuple[int, int, str]
"""(row, column, text) on the plane, from its upper left corner."""
SIGMAS: Final = (1.0, 2.0)  # radii, in standard deviations
CENTRE: Final = "●"
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # braille, [row][column]
SAMPLES: Final = 256  # points of an ellipse; more than any fits dots around


def ring_marks(
    view: Viewport, centre: tuple[float, float], sigma: tuple[float, float], cells: tuple[int, int]
) -> list[Mark]:
    """Marks of the centre and of the rings that are large enough to be seen around it.

    `centre` and `sigma` are in the plane's units; `cells` are (columns, rows) of the plane.
    """
    columns, rows = cells
    found: dict[tuple[int, int], int] = {}
    angles = np.linspace(0, 2 * np.pi, SAMPLES, endpoint=False)
    for radius in SIGMAS:
        x = centre[0] + radius * sigma[0] * np.cos(angles)
        y = centre[1] + radius * sigma[1] * np.sin(angles)
        dot_x = np.floor(((x - view.x) / view.column + columns / 2) * 2)
        dot_y = np.floor(((view.y - y) / (view.column * CELL_ASPECT) + rows / 2) * 4)
        inside = (dot_x >= 0) & (dot_x < 2 * columns) & (dot_y >= 0) & (dot_y < 4 * rows)
        for dot in np.unique(dot_y[inside] * 2 * columns + dot_x[inside]).astype(int).tolist():
            row, column = divmod(dot, 2 * columns)
            cell = row // 4, column // 2
            found[cell] = found.get(cell, 0) | DOTS[row % 4][column % 2]
    column, row = view.to_cell(*centre, columns, rows)
    centre_cell = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
    found.pop(centre_cell, None)
    marks = [(row, column, chr(0x2800 + dots)) for (row, column), dots in found.items()]
    return [*marks, (*centre_cell, CENTRE)]
