"""A few short lines of figures that change with every key."""

from __future__ import annotations

from collections.abc import Sequence
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


class Readout(StripView):
    """Lines of styled text, each on a row of its own. They can be selected with the mouse."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES = {
        "readout--muted",
        "readout--strong",
        "readout--plain",
        "readout--warning",
    }
    DEFAULT_CSS = """
    Readout { width: 100%; min-width: 34; height: 5; margin-top: 1; }
    Readout > .readout--muted { color: $foreground-muted; }
    Readout > .readout--strong { color: $accent; text-style: bold; }
    Readout > .readout--plain { color: $foreground; }
    Readout > .readout--warning { color: $warning; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._styles: dict[Role | int, Style] = {}  # Textual takes a while to work one out

    @property
    def text(self) -> str:
        """What is shown, without its styles."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.show_strips(
            [Strip([Segment(text, self._style(role)) for text, role in line]) for line in lines]
        )

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        return selection.extract(self.text), "\n"

    def render_lines(self, crop: Region) -> list[Strip]:
        """Without the places that `render_line` adds, which only a mouse needs."""
        return self.cropped([self._marked(row) for row in crop.line_range], crop)

    def render_line(self, y: int) -> Strip:
        """What Textual asks for to find the text under the mouse: cells with their places."""
        return self._marked(y).apply_offsets(0, y)

    def _marked(self, y: int) -> Strip:
        """Row `y`, with what is selected of it in the colours of a selection."""
        line, selection = super().render_line(y), self.text_selection
        start, end = (selection.get_span(y) if selection else None) or (0, 0)
        end = line.cell_length if end == -1 else min(end, line.cell_length)
        if start >= end:
            return line
        style = self.screen.get_component_rich_style("screen--selection")
        marked = Strip(Segment.apply_style(line.crop(start, end), post_style=style))
        return Strip.join([line.crop(0, start), marked, line.crop(end)])

    def _style(self, role: Role | int) -> Style:
        if role not in self._styles:
            self._styles[role] = (
                class_style(role, self.ground) + self.ground_style
                if isinstance(role, int)
                else self.get_component_rich_style(f"readout--{role}")
            )
        return self._styles[role]

    def take_colours(self) -> None:
        self._styles.clear()
        self.show(self._lines)
