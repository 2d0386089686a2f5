"""A table of runs with a cursor. It draws only the rows in view, so thousands cost what ten do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aetui.runs.summary import RunSummary
from aetui.tui.dialogs.run_columns import Columns

MARK: Final = "●"  # in the column after the name
STATES: Final = ("starting", "running", "paused", "done", "stopped", "failed")


class RunTable(ScrollView, can_focus=False):
    """Shows `runs`, and which of them the cursor is on."""

    ALLOW_SELECT = False  # a click chooses
    COMPONENT_CLASSES = {
        "run-table--cursor",
        "run-table--muted",
        "run-table--marked",
        *(f"run-table--{state}" for state in STATES),
    }

    class Clicked(Message):
        """A row was clicked, and has the cursor now."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.runs: Sequence[RunSummary] = ()
        self.columns = Columns()
        self.cursor = 0
        self._marked: frozenset[Path] = frozenset()

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.cursor < len(self.runs) else None

    @property
    def text(self) -> str:
        """The rows, without their styles."""
        return "\n".join("".join(text for text, _ in self.columns.cells(run)) for run in self.runs)

    def show(
        self, runs: Sequence[RunSummary], cursor: int, marked: frozenset[Path] = frozenset()
    ) -> None:
        """Show these runs, the cursor on that row; a dot follows the name of a marked one."""
        self.runs, self._marked = runs, marked
        self.virtual_size = Size(0, len(runs))
        self.move_to(cursor)

    def move_to(self, row: int) -> None:
        """Put the cursor on that row, or on the nearest there is."""
        self.cursor = max(0, min(row, len(self.runs) - 1))
        top, rows = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self.cursor < top + rows:
            place = self.cursor if self.cursor < top else self.cursor - rows + 1
            self.scroll_to(y=place, animate=False)
        self.refresh()

    def on_resize(self) -> None:
        self.move_to(self.cursor)

    def on_click(self, event: Click) -> None:
        row = self.scroll_offset.y + event.y
        if row < len(self.runs):
            self.move_to(row)
            self.post_message(self.Clicked())

    def render_line(self, y: int) -> Strip:
        row = self.scroll_offset.y + y
        width, plain = self.size.width, self.rich_style
        if row >= len(self.runs):
            return Strip.blank(width, plain)
        cells = self.columns.cells(self.runs[row])
        styled = [(text, self._style(role) if role else plain) for text, role in cells]
        if row == self.cursor:
            cursor = self.get_component_rich_style("run-table--cursor")
            styled = [(text, style + cursor) for text, style in styled]
            plain = cursor
        if self.runs[row].path in self._marked:
            (text, style), mark = styled[0], self._style("marked")
            styled[:1] = [(text[:-1], style), (MARK, style + mark)]
        strip = Strip([Segment(text, style) for text, style in styled])
        return strip.crop(0, width).extend_cell_length(width, plain)

    def _style(self, role: str) -> Style:
        return self.get_component_rich_style(f"run-table--{role}")
