"""The latent plane as characters: each cell shows its commonest digit, brighter where many are."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from aetui.tui.widgets.plane import (
    GLYPHS,
    PETROFF_10,
    Cells,
    Viewport,
    count_cells,
    density_levels,
    fit,
    ticks,
)
from aetui.tui.widgets.rings import Mark, ring_marks
from aetui.tui.widgets.strip_view import StripView

GUTTER: Final = 7  # columns left of the plane, for the numbers of the vertical axis
SHADES: Final = (0.0, 0.68, 0.86, 1.0)  # how much of a digit's colour each level of density shows
EMPTY: Final = -1
ARM: Final = 2  # columns that the crosshair reaches to each side


@lru_cache(512)
def label_style(label: int, level: int, background: Color) -> Style:
    """The colour of a digit at a level of density."""
    colour = background.blend(Color.parse(PETROFF_10[label % len(PETROFF_10)]), SHADES[level])
    return Style(color=colour.rich_color, bgcolor=background.rich_color, bold=level == 3)


class PlaneView(StripView):
    """A scatter of codes with axes; a crosshair where one is wanted."""

    COMPONENT_CLASSES = {"plane--axis", "plane--cross"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._points: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self._labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self._view: Viewport | None = None  # None: all of the points
        self._cross: tuple[float, float] | None = None
        self._sigma: tuple[float, float] | None = None  # rings in place of the crosshair's arms
        self._fitted = fit(self._points, 1, 1)  # the view that shows all of the points
        self._plain: list[Strip] = []  # without the crosshair
        self._marked: list[Strip] = []  # with it
        self._cross_style = Style.null()

    def show(self, points: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        """Draw these points [N, 2] with their labels [N]."""
        self._points, self._labels = points, labels
        self._redraw()

    def aim(self, x: float, y: float, sigma: tuple[float, float] | None = None) -> None:
        """Get the crosshair ready at a point of the plane; `reveal` shows it there.

        With `sigma`, the standard deviations of a code, rings of 1 and 2 sigma take its place.
        """
        self._cross, self._sigma = (x, y), sigma
        self._marked = self._with_cross()

    def aim_nowhere(self) -> None:
        """Take the crosshair away at the next `reveal`."""
        self._cross = self._sigma = None
        self._marked = self._with_cross()

    def reveal(self) -> None:
        """Show the crosshair where it was aimed last."""
        self.show_strips(self._marked)

    @property
    def view(self) -> Viewport:
        """The part of the plane that is shown."""
        return self._view or self._fitted

    @view.setter
    def view(self, view: Viewport | None) -> None:
        self._view = view
        self._redraw()

    @property
    def _plot_size(self) -> tuple[int, int]:
        """(columns, rows) inside the axes."""
        return max(1, self.size.width - GUTTER), max(1, self.size.height - 2)

    def on_resize(self) -> None:
        """Sort the points into the new cells."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Take over a new theme's colours."""
        super().notify_style_update()
        self._redraw()

    def _redraw(self) -> None:
        """Draw the plane, and the crosshair on it."""
        if not self.is_attached or not self.size.width:
            return
        columns, rows = self._plot_size
        self._fitted = fit(self._points, columns, rows)
        self._cross_style = self.get_component_rich_style("plane--cross")
        self._plain = self._draw(
            count_cells(self._points, self._labels, self.view, columns, rows), columns, rows
        )
        self._marked = self._with_cross()
        self.reveal()

    def _with_cross(self) -> list[Strip]:
        """The drawn plane with the crosshair on it."""
        strips = list(self._plain)
        if not strips:
            return strips
        for row, column, text in self._cross_marks(*self._plot_size):
            plain = strips[row]
            middle = Strip([Segment(text, self._cross_style)], len(text))
            parts = [
                plain.crop(0, GUTTER + column),
                middle,
                plain.crop(GUTTER + column + len(text), plain.cell_length),
            ]
            strips[row] = Strip.join(parts)
        return strips

    def _draw(self, cells: Cells, columns: int, rows: int) -> list[Strip]:
        background = self.background_colors[1]
        axis = self.get_component_rich_style("plane--axis")
        levels = density_levels(cells.count)
        gutter, bottom = self._axes(columns, rows)
        strips = []
        for row in range(rows):
            segments = [
                Segment(gutter[row], axis),
                *_row(cells.label[row].tolist(), levels[row].tolist(), background),
            ]
            strips.append(Strip(segments, GUTTER + columns))
        return strips + [Strip([Segment(line, axis)], GUTTER + columns) for line in bottom]

    def _cross_marks(self, columns: int, rows: int) -> list[Mark]:
        """The crosshair's parts; at the edge where the point lies outside."""
        if self._cross is None:
            return []
        if self._sigma is not None:
            return ring_marks(self.view, self._cross, self._sigma, (columns, rows))
        column, row = self.view.to_cell(*self._cross, columns, rows)
        column, row = min(max(column, 0), columns - 1), min(max(row, 0), rows - 1)
        left = max(0, column - ARM)
        middle = "─" * (column - left) + "┼" + "─" * (min(columns - 1, column + ARM) - column)
        return [
            (row, left, middle),
            *((beside, column, "│") for beside in (row - 1, row + 1) if 0 <= beside < rows),
        ]

    def _axes(self, columns: int, rows: int) -> tuple[list[str], list[str]]:
        """The gutter's text for each row, and the two lines below the plane."""
        view = self.view
        left, top = view.to_plane(0, 0, columns, rows)
        right, bottom = view.to_plane(columns - 1, rows - 1, columns, rows)
        gutter = [f"{'│':>{GUTTER}}"] * rows
        for value in ticks(bottom, top, max(2, rows // 4)):
            _, row = view.to_cell(view.x, value, columns, rows)
            if 0 <= row < rows:
                gutter[row] = f"{value:>{GUTTER - 1}g}┤"
        line, numbers = ["─"] * columns, [" "] * (columns + GUTTER)
        for value in ticks(left, right, max(2, columns // 10)):
            column, _ = view.to_cell(value, view.y, columns, rows)
            text = f"{value:g}"
            start = GUTTER + column - len(text) // 2
            if 0 <= column < columns and start + len(text) <= len(numbers):
                line[column] = "┬"
                numbers[start : start + len(text)] = text
        return gutter, [" " * (GUTTER - 1) + "└" + "".join(line), "".join(numbers)]


def _row(labels: list[int], levels: list[int], background: Color) -> list[Segment]:
    """One line of the plane, its cells of one style merged."""
    segments: list[Segment] = []
    text, style = "", Style.null()
    for label, level in zip(labels, levels, strict=True):
        cell, wanted = (
            (" ", label_style(0, 0, background))
            if label == EMPTY
            else (GLYPHS[label % len(GLYPHS)], label_style(label, level, background))
        )
        if wanted is not style and text:
            segments.append(Segment(text, style))
            text = ""
        text, style = text + cell, wanted
    return [*segments, Segment(text, style)]
