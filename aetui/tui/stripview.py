"""A widget that is a list of finished lines: the shortest way from cells to the screen, for what changes with every key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class StripView(Widget):
    """Shows strips, and repaints only what changed in them. For widgets without border and padding.

    Its lines skip Textual's style cache and colour filters: they carry every colour that they need.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.strips: list[Strip] = []

    def show_strips(self, strips: Sequence[Strip]) -> None:
        """Show these lines from now on."""
        before, self.strips = self.strips, list(strips)
        if len(before) != len(self.strips):
            self.refresh()
            return
        changed = [
            Region(left, row, right - left, 1)
            for row, (old, new) in enumerate(zip(before, self.strips, strict=True))
            if old is not new
            for left, right in changed_columns(old, new)
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
        if row >= len(self.strips):
            return Strip.blank(width, self.rich_style)
        strip = self.strips[row]
        return strip if strip.cell_length == width else strip.adjust_cell_length(width, self.rich_style)

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        return self._line(y, self.size.width)


def changed_columns(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """(first, last + 1) of the columns between the runs at both ends that `old` and `new` share; empty where they are equal."""
    olds, news = list(old), list(new)
    width = max(old.cell_length, new.cell_length)
    left = _shared(olds, news)
    if left == width:
        return []
    if old.cell_length != new.cell_length:
        return [(left, width)]
    return [(left, width - _shared(reversed(olds), reversed(news)))]


def _shared(olds: Iterable[Segment], news: Iterable[Segment]) -> int:
    """Cells of the runs that both begin with."""
    cells = 0
    for old, new in zip(olds, news, strict=False):
        if old != new:
            break
        cells += old.cell_length
    return cells
