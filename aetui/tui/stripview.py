"""A widget that is a list of finished lines: the shortest way from cells to the screen, for what changes with every key."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class StripView(Widget):
    """Shows strips, and repaints only the lines that changed. For widgets without border and padding.

    Its lines skip Textual's style cache and colour filters: they carry every colour that they need.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []

    def show_strips(self, strips: Sequence[Strip]) -> None:
        """Show these lines from now on."""
        before, self._strips = self._strips, list(strips)
        if len(before) != len(self._strips):
            self.refresh()
            return
        for row, (old, new) in enumerate(zip(before, self._strips, strict=True)):
            if old is not new and old != new:
                self.refresh(Region(0, row, self.size.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in `crop`, cut to it."""
        width = self.size.width
        lines = [self._line(row, width) for row in crop.line_range]
        if (crop.x, crop.right) == (0, width):
            return lines
        return [line.crop(crop.x, crop.right) for line in lines]

    def _line(self, row: int, width: int) -> Strip:
        if row >= len(self._strips):
            return Strip.blank(width, self.rich_style)
        strip = self._strips[row]
        return strip if strip.cell_length == width else strip.adjust_cell_length(width, self.rich_style)

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        return self._line(y, self.size.width)
