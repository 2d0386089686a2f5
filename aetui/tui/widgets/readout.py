"""A few short lines of figures that change with every key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aetui.tui.widgets.classes import class_style
from aetui.tui.widgets.strip_view import StripView

Role = Literal["muted", "strong", "plain", "warning"]
Line = Sequence[tuple[str, Role | int]]
"""(text, role), or (text, label) for bold text in the colour of a class."""


class Readout(StripView):
    """Lines of styled text, each on a row of its own."""

    COMPONENT_CLASSES = {
        "readout--muted",
        "readout--strong",
        "readout--plain",
        "readout--warning",
    }

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
