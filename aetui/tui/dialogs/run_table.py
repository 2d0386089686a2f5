"""A table of runs with a cursor. It draws only the rows in view, so thousands cost what ten do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aetui.errors import printable
from aetui.runs.summary import RunSummary

NAME_WIDTH: Final = 20
DATA_WIDTH: Final = 13
MARK: Final = "●"  # in the column after the name
LONGEST: Final = 200  # characters of a cell
STATES: Final = ("starting", "running", "paused", "done", "stopped", "failed")
HEADINGS: Final = (
    f"{'run':<{NAME_WIDTH}} {'data':<{DATA_WIDTH}} {'epochs':>11} {'score':>12} "
    f"{'state':<7} {'age':>6}  note, changed settings"
)
Cell = tuple[str, str]  # its text and, where it is not plain, its component class


class RunTable(ScrollView, can_focus=False):
    """Shows `runs`, and which of them the cursor is on."""

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
        self.cursor = 0
        self._marked: frozenset[Path] = frozenset()

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        return self.runs[self.cursor] if self.cursor < len(self.runs) else None

    @property
    def text(self) -> str:
        """The rows, without their styles."""
        return "\n".join("".join(text for text, _ in _cells(run)) for run in self.runs)

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
        cells = _cells(self.runs[row])
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


def _cells(run: RunSummary) -> Iterator[Cell]:
    yield set_cell_size(_start(run.name, NAME_WIDTH), NAME_WIDTH + 1), ""
    data = _end(printable(run.config.data, LONGEST), DATA_WIDTH)
    yield set_cell_size(data, DATA_WIDTH + 1), "muted"
    epochs = f"{run.epoch:g}/{run.config.hyperparameters.epochs}"
    yield f"{epochs:>11} {run.score_text:>12} ", ""
    yield f"{run.state:<8}", run.state
    yield f"{run.age:>6}  ", "muted"
    if run.note:
        yield f"{run.note}  ", ""
    yield run.settings_text[:LONGEST], "muted"


def _start(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _end(text: str, width: int) -> str:
    """The end of a path says more than its beginning."""
    return text if len(text) <= width else "…" + text[-width + 1 :]
