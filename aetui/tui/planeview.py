"""The latent plane as characters: every cell shows the digit that is commonest there, brighter where there are more."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from aetui.tui.plane import GLYPHS, PETROFF_10, Cells, Viewport, count_cells, density_levels, fit, ticks

GUTTER: Final = 7  # columns left of the plane, for the numbers of the vertical axis
SHADES: Final = (0.0, 0.68, 0.86, 1.0)  # how much of a digit's colour each level of density shows
EMPTY: Final = -1
CROSS: Final = {(-2, 0): "─", (-1, 0): "─", (0, 0): "┼", (1, 0): "─", (2, 0): "─", (0, -1): "│", (0, 1): "│"}


@lru_cache(512)
def label_style(label: int, level: int, background: Color) -> Style:
    """The colour of a digit at a level of density."""
    colour = background.blend(Color.parse(PETROFF_10[label % len(PETROFF_10)]), SHADES[level])
    return Style(color=colour.rich_color, bgcolor=background.rich_color, bold=level == 3)


class PlaneView(Widget):
    """A scatter of codes with axes; a crosshair where one is wanted."""

    COMPONENT_CLASSES = {"plane--axis", "plane--cross"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._points: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self._labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self._view: Viewport | None = None  # None: all of the points
        self._cross: tuple[float, float] | None = None
        self._cells: Cells | None = None
        self._strips: list[Strip] = []

    def show(self, points: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        """Draw these points [N, 2] with their labels [N]."""
        self._points, self._labels = points, labels
        self._cells = None
        self._redraw()

    def cross(self, x: float, y: float) -> None:
        """Put the crosshair at a point of the plane."""
        self._cross = (x, y)
        self._redraw()

    @property
    def view(self) -> Viewport:
        """The part of the plane that is shown."""
        return self._view or fit(self._points, *self._plot_size)

    @view.setter
    def view(self, view: Viewport | None) -> None:
        self._view = view
        self._cells = None
        self._redraw()

    @property
    def _plot_size(self) -> tuple[int, int]:
        """(columns, rows) inside the axes."""
        return max(1, self.size.width - GUTTER), max(1, self.size.height - 2)

    def on_resize(self) -> None:
        """Sort the points into the new cells."""
        self._cells = None
        self._redraw()

    def notify_style_update(self) -> None:
        """Take over a new theme's colours."""
        super().notify_style_update()
        self._redraw()

    def _redraw(self) -> None:
        if not self.is_attached or not self.size.width:
            return
        columns, rows = self._plot_size
        if self._cells is None:
            self._cells = count_cells(self._points, self._labels, self.view, columns, rows)
        before, self._strips = self._strips, self._draw(self._cells, columns, rows)
        for row, strip in enumerate(self._strips):
            if row >= len(before) or before[row] != strip:
                self.refresh(Size(self.size.width, 1).region.translate((0, row)))

    def _draw(self, cells: Cells, columns: int, rows: int) -> list[Strip]:
        background = self.background_colors[1]
        axis = self.get_component_rich_style("plane--axis")
        marks = self._cross_marks(columns, rows)
        levels = density_levels(cells.count)
        gutter, bottom = self._axes(columns, rows)
        strips = []
        for row in range(rows):
            segments = [Segment(gutter[row], axis)]
            segments += self._row(cells.label[row].tolist(), levels[row].tolist(), marks.get(row, {}), background)
            strips.append(Strip(segments, GUTTER + columns))
        return strips + [Strip([Segment(line, axis)], GUTTER + columns) for line in bottom]

    def _row(self, labels: list[int], levels: list[int], marks: dict[int, str], background: Color) -> list[Segment]:
        cross = self.get_component_rich_style("plane--cross")
        segments: list[Segment] = []
        text, style = "", Style.null()
        for column, (label, level) in enumerate(zip(labels, levels, strict=True)):
            if column in marks:
                cell, wanted = marks[column], cross
            elif label == EMPTY:
                cell, wanted = " ", label_style(0, 0, background)
            else:
                cell, wanted = GLYPHS[label % len(GLYPHS)], label_style(label, level, background)
            if wanted is not style and text:
                segments.append(Segment(text, style))
                text = ""
            text, style = text + cell, wanted
        return [*segments, Segment(text, style)]

    def _cross_marks(self, columns: int, rows: int) -> dict[int, dict[int, str]]:
        """The crosshair's characters, by row and column."""
        marks: dict[int, dict[int, str]] = {}
        if self._cross is not None:
            where = self.view.to_cells(np.array([self._cross], np.float32), columns, rows)[0]
            column = int(np.clip(where[0], 0, columns - 1))
            row = int(np.clip(where[1], 0, rows - 1))
            for (right, down), character in CROSS.items():
                if 0 <= column + right < columns and 0 <= row + down < rows:
                    marks.setdefault(row + down, {})[column + right] = character
        return marks

    def _axes(self, columns: int, rows: int) -> tuple[list[str], list[str]]:
        """The gutter's text for each row, and the two lines below the plane."""
        view = self.view
        left, top = view.to_plane(0, 0, columns, rows)
        right, bottom = view.to_plane(columns - 1, rows - 1, columns, rows)
        gutter = [f"{'│':>{GUTTER}}"] * rows
        for value in ticks(bottom, top, max(2, rows // 4)):
            row = int(view.to_cells(np.array([[view.x, value]], np.float32), columns, rows)[0, 1])
            if 0 <= row < rows:
                gutter[row] = f"{value:>{GUTTER - 1}g}┤"
        line, numbers = ["─"] * columns, [" "] * (columns + GUTTER)
        for value in ticks(left, right, max(2, columns // 10)):
            column = int(view.to_cells(np.array([[value, view.y]], np.float32), columns, rows)[0, 0])
            text = f"{value:g}"
            start = GUTTER + column - len(text) // 2
            if 0 <= column < columns and start + len(text) <= len(numbers):
                line[column] = "┬"
                numbers[start : start + len(text)] = text
        return gutter, [" " * (GUTTER - 1) + "└" + "".join(line), "".join(numbers)]

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)
