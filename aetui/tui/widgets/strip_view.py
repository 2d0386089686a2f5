"""A widget that is a list of finished lines, for what changes with every key."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class StripView(Widget):
    """Shows strips, and repaints only the lines that changed. For widgets without a border.

    Its lines skip Textual's style cache and colour filters: they carry every colour that they need.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.strips: list[Strip] = []
        self._background: Style | None = None  # looked up when it is needed, for it takes a while

    def show_strips(self, strips: Sequence[Strip]) -> None:
        """Show these lines from now on."""
        before, self.strips = self.strips, list(strips)
        if len(before) != len(self.strips):
            self.refresh()
            return
        width = self.size.width
        # Whole lines: to cut a part out of a line costs more than to compare the whole of it.
        changed = [
            Region(0, row, width, 1)
            for row, (old, new) in enumerate(zip(before, self.strips, strict=True))
            if old is not new and old != new
        ]
        if changed:
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in `crop`, cut to it."""
        width = self.size.width
        lines = [self._line(row, width) for row in crop.line_range]
        if (crop.x, crop.right) == (0, width):
            return lines
        return [line.crop(crop.x, crop.right) for line in lines]

    def _line(self, row: int, width: int) -> Strip:
        if row < len(self.strips) and self.strips[row].cell_length == width:
            return self.strips[row]
        if self._background is None:
            self._background = self.rich_style
        if row >= len(self.strips):
            return Strip.blank(width, self._background)
        return self.strips[row].adjust_cell_length(width, self._background)

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        return self._line(y, self.size.width)

    def notify_style_update(self) -> None:
        """Take over a new theme's colours."""
        super().notify_style_update()
        self._background = None
