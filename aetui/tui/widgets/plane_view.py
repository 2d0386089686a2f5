"""The latent plane as characters: each cell shows its commonest class, brighter where many are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aetui.tui.widgets.classes import ClassMarks, class_style
from aetui.tui.widgets.palette import nearest_grey
from aetui.tui.widgets.plane import Viewport, count_cells, density_levels, fit
from aetui.tui.widgets.plane_marks import EDGE, GUTTER, Emphasis, axes, cross_parts, leap
from aetui.tui.widgets.rings import ring_marks
from aetui.tui.widgets.snap import of_shown_classes
from aetui.tui.widgets.strip_view import Cell, StripView, strip_of

EMPTY: Final = -1
DOT: Final = "·"
TRAIL: Final = 1000  # points that the crosshair has been at
TINT: Final = 0.25  # of the way from the ground to its opposite, behind the crosshair's cells
REVERSED: Final = Style(reverse=True, bold=True)


class PlaneView(StripView):
    """A scatter of codes with axes; a crosshair where one is wanted."""

    COMPONENT_CLASSES = {"plane--axis", "plane--cross"}
    MARGIN = EDGE  # cells from the edge at which a map of everything follows the crosshair

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._points: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self._labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self._marks = ClassMarks()
        self._hidden: frozenset[int] = frozenset()
        self._view: Viewport | None = None  # None: all of the points
        self._cross: tuple[float, float] | None = None
        self._sigma: tuple[float, float] | None = None  # rings in place of the crosshair's arms
        self._mark: tuple[float, float] | None = None
        self._trail: deque[tuple[float, float]] = deque(maxlen=TRAIL)
        self._left: list[tuple[float, float]] = []  # places of the trail that are not drawn yet
        self._fitted = fit(self._points, 1, 1)  # the view that shows all of the points
        self._cells: list[list[Cell]] = []  # without the crosshair
        self._gutter: list[str] = []
        self._plain: list[Strip] = []
        self._aimed: list[Strip] = []  # with the crosshair
        self._axis_style = self._cross_style = self._tint_style = Style.null()

    def show(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.int64],
        marks: ClassMarks,
        hidden: frozenset[int] = frozenset(),
    ) -> None:
        """Draw these points [N, 2] with their labels [N], but for those of `hidden` classes."""
        self._points, self._labels, self._marks = points, labels, marks
        self._hidden = hidden
        self._redraw()

    def aim(self, x: float, y: float, sigma: tuple[float, float] | None = None) -> None:
        """Get the crosshair ready at a point of the plane; `reveal` shows it there.

        With `sigma`, the standard deviations of a code, rings of 1 and 2 sigma take its place. A
        map that shows everything follows a crosshair that leaves it.
        """
        self._cross, self._sigma = (x, y), sigma
        self._draw_trail()
        if self._follows():
            self._draw()
        self._aimed = self._with_cross()

    def aim_nowhere(self) -> None:
        """Take the crosshair away at the next `reveal`."""
        self._cross = self._sigma = None
        self._aimed = self._with_cross()

    def leave(self, x: float, y: float) -> None:
        """Keep in mind that the crosshair has been there; `aim` draws it."""
        self._left.append((x, y))

    def _draw_trail(self) -> None:
        """Draw the places that the crosshair has left since this was last done."""
        for place in self._left:
            row = self._dot(*place)
            if row is not None:
                self._plain[row] = self._strip(row, self._cells[row])
        self._trail.extend(self._left)
        self._left.clear()

    def forget_trail(self) -> None:
        self._trail.clear()
        self._left.clear()
        self._redraw()

    def mark(self, point: tuple[float, float] | None) -> None:
        """Show the mark A there, or none."""
        self._mark = point
        self._aimed = self._with_cross()
        self.reveal()

    def reveal(self) -> None:
        """Show the crosshair where it was aimed last."""
        self.show_strips(self._aimed)

    @property
    def view(self) -> Viewport:
        """The part of the plane that is shown."""
        return self._view or self._fitted

    @view.setter
    def view(self, view: Viewport | None) -> None:
        self._view = view
        self._redraw()

    @property
    def zoomed_extent(self) -> tuple[float, float, float, float] | None:
        """(left, right, bottom, top) of what is shown; None where all of the points are."""
        return None if self._view is None else self._view.extent(*self.plot_size)

    @property
    def plot_size(self) -> tuple[int, int]:
        """(columns, rows) inside the axes."""
        return max(1, self.size.width - GUTTER), max(1, self.size.height - 2)

    def on_resize(self) -> None:
        self._redraw()

    def take_colours(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        """Draw the plane, and the crosshair on it."""
        if not self.is_attached or not self.size.width:
            return
        self._fitted = fit(self._points, *self.plot_size)
        self._follows()
        self._axis_style = self._on_ground(self.get_component_rich_style("plane--axis"))
        self._cross_style = self._on_ground(self.get_component_rich_style("plane--cross"))
        self._tint_style = self._cross_style + Style(bgcolor=nearest_grey(self.ground, TINT))
        self._draw()
        self._aimed = self._with_cross()
        self.reveal()

    def _follows(self) -> bool:
        """Move a map of everything to a crosshair that has left it; whether it moved."""
        if self._view is not None or self._cross is None or not self.size.width:
            return False
        columns, rows = self.plot_size
        before = self._fitted
        if before.contains(*self._cross, columns, rows, self.MARGIN):
            return False
        view = fit(self._points, columns, rows)
        column, row = view.to_cell(*self._cross, columns, rows)
        self._fitted = view.panned(leap(column, columns), leap(row, rows))
        return self._fitted != before

    def _on_ground(self, style: Style) -> Style:
        return Style(color=style.color, bold=style.bold) + self.ground_style

    def _draw(self) -> None:
        columns, rows = self.plot_size
        shown = of_shown_classes(self._labels, self._hidden)
        points, labels = self._points[shown], self._labels[shown]
        found = count_cells(points, labels, self.view, columns, rows)
        levels = density_levels(found.count)
        pairs = zip(found.label.tolist(), levels.tolist(), strict=True)
        kinds = [list(zip(*pair, strict=True)) for pair in pairs]
        drawn = {kind: self._cell(*kind) for kind in set(chain.from_iterable(kinds))}
        self._cells = [[drawn[kind] for kind in line] for line in kinds]
        for point in self._trail:
            self._dot(*point)
        self._gutter, bottom = axes(self.view, columns, rows)
        lines = [self._strip(row, self._cells[row]) for row in range(rows)]
        axis, width = self._axis_style, GUTTER + columns
        self._plain = lines + [Strip([Segment(line, axis)], width) for line in bottom]

    def _dot(self, x: float, y: float) -> int | None:
        """Mark the trail's cell; its row, None where it is not on the map."""
        columns, rows = self.plot_size
        column, row = self.view.to_cell(x, y, columns, rows)
        if not (0 <= column < columns and 0 <= row < min(rows, len(self._cells))):
            return None
        character, style = self._cells[row][column]
        if character in (" ", DOT):
            self._cells[row][column] = DOT, self._axis_style
        else:
            self._cells[row][column] = character, style + Style(bgcolor=self._tint_style.bgcolor)
        return row

    def _cell(self, label: int, level: int) -> Cell:
        if label == EMPTY:
            return " ", self.ground_style
        style = class_style(label, self.ground, level) + self.ground_style
        return self._marks.glyph(label), style

    def _strip(self, row: int, cells: list[Cell]) -> Strip:
        return strip_of(self._gutter[row], self._axis_style, cells)

    def _with_cross(self) -> list[Strip]:
        """The drawn plane with the crosshair on it."""
        strips = list(self._plain)
        if not strips:
            return strips
        changed: dict[int, list[Cell]] = {}
        for row, column, text, emphasis in self._all_marks():
            cells = changed.setdefault(row, list(self._cells[row]))
            cells[column] = self._emphasised(cells[column], text, emphasis)
        for row, cells in changed.items():
            strips[row] = self._strip(row, cells)
        return strips

    def _emphasised(self, cell: Cell, text: str, emphasis: Emphasis) -> Cell:
        character, style = cell
        if emphasis == "mark":
            return text, self._cross_style + REVERSED
        if emphasis == "line" or (emphasis == "tint" and character == " "):
            return text, self._cross_style
        if emphasis == "tint":
            return character, self._tint_style
        if character == " ":
            character, style = text, self._cross_style
        return character, style + REVERSED

    def _all_marks(self) -> Iterable[tuple[int, int, str, Emphasis]]:
        """(row, column, text, emphasis) of the mark and the crosshair."""
        columns, rows = self.plot_size
        if self._mark is not None:
            column, row = self.view.to_cell(*self._mark, columns, rows)
            if 0 <= column < columns and 0 <= row < rows:
                yield row, column, "A", "mark"
        if self._cross is not None:
            yield from self._cross_marks(self._cross)

    def _cross_marks(self, cross: tuple[float, float]) -> Iterable[tuple[int, int, str, Emphasis]]:
        """(row, column, text, emphasis) of the crosshair's parts that are on the map."""
        size = self.plot_size
        if self._sigma is not None:
            marks = ring_marks(self.view, cross, self._sigma, size)
            return ((row, column, text, "line") for row, column, text in marks)
        return cross_parts(*self.view.to_cell(*cross, *size), *size)
