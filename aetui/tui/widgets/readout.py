"""A few short lines of figures that change with every key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip

from aetui.tui.widgets.classes import class_style
from aetui.tui.widgets.strip_view import StripView

Role = Literal["muted", "strong", "plain", "warning"]
Line = Sequence[tuple[str, Role | int]]
"""(text, role), or (text, label) for bold text in the colour of a class."""


@dataclass(frozen=True)
class Row:
    """A finished line, and what of it can be selected with the mouse."""

    strip: Strip
    text: str | None = None  # None: nothing
    column: int = 0  # where the text begins


class TextView(StripView):
    """Finished lines, whose text can be selected with the mouse."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES = {
        "text--muted",
        "text--strong",
        "text--plain",
        "text--warning",
    }
    DEFAULT_CSS = """
    TextView > .text--muted { color: $foreground-muted; }
    TextView > .text--strong { color: $accent; text-style: bold; }
    TextView > .text--plain { color: $foreground; }
    TextView > .text--warning { color: $warning; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._styles: dict[Role | int, Style] = {}  # Textual takes a while to work one out

    def show_rows(self, rows: list[Row]) -> None:
        """Show finished lines."""
        self._rows = rows
        self.show_strips([row.strip for row in rows])

    def row(self, line: Line) -> Row:
        """A line of text."""
        return Row(self.strip_of(line), text_of(line))

    def strip_of(self, line: Line) -> Strip:
        """A line in the colours of its roles."""
        return Strip([Segment(text, self._style(role)) for text, role in line])

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        parts = [
            row.text[max(0, start - row.column) : max(0, end - row.column)]
            for number, row in enumerate(self._rows)
            if row.text is not None
            for start, end in self._selected(selection, number)
        ]
        return "\n".join(parts), "\n"

    def _selected(self, selection: Selection, number: int) -> Iterator[tuple[int, int]]:
        """The columns of a row's text that are selected: at most one span."""
        row, span = self._rows[number], selection.get_span(number)
        if row.text is not None and span is not None:
            start, end = span
            last = row.column + len(row.text)
            yield max(start, row.column), last if end == -1 else min(end, last)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Without the places that `render_line` adds, which only a mouse needs."""
        if self.text_selection is None:
            return super().render_lines(crop)
        return self.cropped([self._marked(row) for row in crop.line_range], crop)

    def render_line(self, y: int) -> Strip:
        """What Textual asks for to find the text under the mouse: cells with their places."""
        return self._marked(y).apply_offsets(0, y)

    def _marked(self, y: int) -> Strip:
        """Row `y`, with what is selected of it in the colours of a selection."""
        line, selection = super().render_line(y), self.text_selection
        if selection is None or y >= len(self._rows):
            return line
        for start, end in self._selected(selection, y):
            if start < end:
                style = self.screen.get_component_rich_style("screen--selection")
                marked = Strip(Segment.apply_style(line.crop(start, end), post_style=style))
                return Strip.join([line.crop(0, start), marked, line.crop(end)])
        return line

    def _style(self, role: Role | int) -> Style:
        if role not in self._styles:
            self._styles[role] = (
                class_style(role, self.ground) + self.ground_style
                if isinstance(role, int)
                else self.get_component_rich_style(f"text--{role}")
            )
        return self._styles[role]

    def take_colours(self) -> None:
        self._styles.clear()


class Readout(TextView):
    """Lines of styled text, each on a row of its own."""

    DEFAULT_CSS = """
    Readout { width: 100%; min-width: 34; height: 5; margin-top: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()

    @property
    def text(self) -> str:
        """What is shown, without its styles."""
        return "\n".join(map(text_of, self._lines))

    def show(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.show_rows([self.row(line) for line in lines])

    def take_colours(self) -> None:
        super().take_colours()
        self.show(self._lines)


def text_of(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line)
