"""Curves over their spread, with axes, and a cursor where one is wanted.

Drawn in numpy: of two curves of 400 points at 120x40, textual-plot takes 123 ms, anew with every
move of a cursor. This takes 7 ms, and 0.7 ms for a move (medians of seven on a busy core).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.message import Message
from textual.strip import Strip

from aetui.tui.widgets.chart_axes import GUTTER, bottom_lines, gutter, rows_below
from aetui.tui.widgets.chart_raster import NOBODY, Raster, Window, draw
from aetui.tui.widgets.curve import Line
from aetui.tui.widgets.strip_view import Cell, StripView, strip_of

FAINT: Final = 0.45  # of a line's colour in its spread, on the ground
LABELLED_ROWS: Final = 5  # of a chart that has room for names at the ends of its curves
EVENT: Final = "╎"
LONGEST_MARK: Final = 24  # characters
REVERSED: Final = Style(reverse=True)


@dataclass(frozen=True)
class Frame:
    """Which part of the curves is shown, how the axes read, and what happened where."""

    window: Window
    title: str  # of the horizontal axis
    log: bool = False  # the lines and the window are in powers of ten
    marks: tuple[tuple[float, str], ...] = ()  # (x, a few words)


class Chart(StripView):
    """Shows lines. What a mouse does on it becomes messages."""

    COMPONENT_CLASSES = {"chart--axis", "chart--cursor"}

    @dataclass
    class Pointed(Message):
        """The mouse was moved over the curves, or pressed there."""

        x: float

    @dataclass
    class Scrolled(Message):
        """The wheel was turned over x: up is 1, down is -1."""

        x: float
        direction: int

    @dataclass
    class Dragged(Message):
        """The curves were drawn to the side, by that much of the axis."""

        x: float

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._frame: Frame | None = None
        self._cursor: float | None = None
        self._cells: list[list[Cell]] = []
        self._gutter: list[str] = []
        self._plain: list[Strip] = []  # without the cursor

    def show(self, lines: Sequence[Line], frame: Frame) -> None:
        """Show these lines; of two in one place, the later."""
        self._lines, self._frame = lines, frame
        self._redraw()

    def point_at(self, x: float | None) -> None:
        """Put the cursor there, or take it away."""
        self._cursor = x
        self.show_strips(self._with_cursor())

    @property
    def columns(self) -> int:
        """Columns inside the axes."""
        return max(1, self.size.width - GUTTER)

    @property
    def rows(self) -> int:
        """Rows inside the axes."""
        return max(1, self.size.height - rows_below(self.size.height))

    def on_resize(self) -> None:
        self._redraw()

    def take_colours(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        if self._frame is None or not self.is_attached or not self.size.width:
            return
        columns, rows, window = self.columns, self.rows, self._frame.window
        self._cells = self._coloured(draw(self._lines, window, columns, rows))
        self._mark_events(self._frame)
        if rows >= LABELLED_ROWS:
            self._label_ends(window)
        self._gutter = gutter(window, rows, log=self._frame.log)
        axis = self._on_ground("chart--axis")
        count = rows_below(self.size.height)
        below = bottom_lines(window, columns, self._frame.title, count)
        self._plain = [
            strip_of(self._gutter[row], axis, cells) for row, cells in enumerate(self._cells)
        ]
        self._plain += [Strip([Segment(line, axis)], len(line)) for line in below]
        self.show_strips(self._with_cursor())

    def _coloured(self, raster: Raster) -> list[list[Cell]]:
        bright = [Style(color=line.colour.rich_color) + self.ground_style for line in self._lines]
        faint = [self._faint(line.colour) for line in self._lines]
        blank = " ", self.ground_style
        rows = zip(
            raster.glyphs.tolist(), raster.owners.tolist(), raster.faint.tolist(), strict=True
        )
        return [
            [
                blank if owner == NOBODY else (chr(glyph), (faint if is_faint else bright)[owner])
                for glyph, owner, is_faint in zip(*row, strict=True)
            ]
            for row in rows
        ]

    def _faint(self, colour: Color) -> Style:
        if colour.ansi is not None:  # one of the terminal's own, which nobody can mix
            return Style(color=colour.rich_color, dim=True) + self.ground_style
        return Style(color=self.ground.blend(colour, FAINT).rich_color) + self.ground_style

    def _on_ground(self, part: str) -> Style:
        style = self.get_component_rich_style(part)
        return Style(color=style.color, bold=style.bold) + self.ground_style

    def _mark_events(self, frame: Frame) -> None:
        """A line down from the top for each event, its words beside it where nothing is."""
        style, free = self._on_ground("chart--axis"), 0
        for x, text in frame.marks:
            column = frame.window.column(x, self.columns)
            if not 0 <= column < self.columns:
                continue
            for cells in self._cells:
                if cells[column][0] == " ":
                    cells[column] = EVENT, style
            words = f" {text[:LONGEST_MARK]}"
            fits = column >= free and column + len(words) < self.columns
            if fits and cell_len(words) == len(words):
                free = column + len(words) + 1
                self._cells[0][column + 1 : free] = [(letter, style) for letter in words]

    def _label_ends(self, window: Window) -> None:
        """The label of each line above its last point that is shown, or below it."""
        taken: set[int] = set()
        for line in self._lines:
            shown = np.flatnonzero((line.x >= window.left) & (line.x <= window.right))
            if not len(shown) or len(line.label) >= self.columns:
                continue
            last = int(shown[-1])
            row = window.row(float(line.y[last]), self.rows)
            column = min(window.column(float(line.x[last]), self.columns), self.columns - 1)
            start = max(0, column + 1 - len(line.label))
            style = Style(color=line.colour.rich_color, bold=True) + self.ground_style
            for place in (row - 1, row + 1, row - 2, row + 2):
                if 0 <= place < self.rows and place not in taken:
                    taken.add(place)
                    cells = [(letter, style) for letter in line.label]
                    self._cells[place][start : start + len(cells)] = cells
                    break

    def _with_cursor(self) -> list[Strip]:
        """The lines of the widget, with the cursor on them."""
        if self._cursor is None or self._frame is None or not self._plain:
            return self._plain
        column = self._frame.window.column(self._cursor, self.columns)
        if column == self.columns:  # the end of the axis
            column -= 1
        if not 0 <= column < self.columns:
            return self._plain
        axis, cursor = self._on_ground("chart--axis"), self._on_ground("chart--cursor")
        strips = []
        for row, cells in enumerate(self._cells):
            character, style = cells[column]
            crossed = ("│", cursor) if character == " " else (character, style + REVERSED)
            with_cursor = [*cells[:column], crossed, *cells[column + 1 :]]
            strips.append(strip_of(self._gutter[row], axis, with_cursor))
        return strips + self._plain[len(self._cells) :]

    def _x(self, event: events.MouseEvent) -> float | None:
        """What lies under the mouse; None beside the curves."""
        column = event.x - GUTTER
        if self._frame is None or not 0 <= column < self.columns or event.y >= self.rows:
            return None
        return self._frame.window.x(column, self.columns)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._frame is not None and event.button and event.delta_x:
            window = self._frame.window
            share = event.delta_x / self.columns
            self.post_message(self.Dragged(share * (window.right - window.left)))
        elif (x := self._x(event)) is not None:
            self.post_message(self.Pointed(x))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if (x := self._x(event)) is not None:
            self.post_message(self.Pointed(x))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, direction: int) -> None:
        if (x := self._x(event)) is not None:
            event.stop()
            self.post_message(self.Scrolled(x, direction))
