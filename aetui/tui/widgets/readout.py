"""A few short lines of figures that change with every key."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from aetui.tui.widgets.strip_view import StripView

Line = Sequence[tuple[str, str]]
"""(text, role): "muted", "strong", "plain", or a colour such as "#3f90da" for bold text in it."""


class Readout(StripView):
    """Lines of styled text, each on a row of its own."""

    COMPONENT_CLASSES = {"readout--muted", "readout--strong", "readout--plain"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = ""  # what is shown, without its styles
        self._styles: dict[str, Style] = {}  # by role; Textual takes a while to work one out

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        self.text = "\n".join("".join(text for text, _ in line) for line in lines)
        self.show_strips(
            [Strip([Segment(text, self._style(role)) for text, role in line]) for line in lines]
        )

    def _style(self, role: str) -> Style:
        if role not in self._styles:
            self._styles[role] = self._look_up(role)
        return self._styles[role]

    def _look_up(self, role: str) -> Style:
        if not role.startswith("#"):
            return self.get_component_rich_style(f"readout--{role}")
        return Style(
            color=Color.parse(role).rich_color,
            bgcolor=self.background_colors[1].rich_color,
            bold=True,
        )

    def notify_style_update(self) -> None:
        """Take over a new theme's colours."""
        super().notify_style_update()
        self._styles.clear()
