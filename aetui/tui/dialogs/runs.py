"""The list of runs: which one the screens show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static

from aetui.processes.snapshots import Snapshot
from aetui.runs.summary import RunSummary
from aetui.tui.dialogs.run_columns import Columns
from aetui.tui.dialogs.run_table import RunTable
from aetui.tui.messages import Change, ErrorMessage, RunChange
from aetui.tui.screens.base import Command, SnapshotScreen
from aetui.tui.screens.run_colours import MOST_COMPARED
from aetui.tui.screens.run_commands import run_commands

Select = Callable[[Snapshot], Sequence[RunSummary]]
"""The runs that a list is of, newest first."""


def _by_score(run: RunSummary) -> tuple[str, bool, float]:
    score, better = run.score, -1 if run.config.spec.score.higher_is_better else 1
    return run.config.model, score is None, better * (score or 0.0)


ORDERS: Final[dict[str, Callable[[RunSummary], object] | None]] = {
    "newest first": None,
    "best score first": _by_score,
    "by name": lambda run: run.name,
}


Use = Literal["show", "settings"]


@dataclass(frozen=True)
class Chosen:
    """A run from the list, and what for."""

    run: RunSummary
    use: Use
    marked: tuple[Path, ...] = ()  # to be compared


class RunList(SnapshotScreen, ModalScreen[Chosen | None]):
    """Returns the run chosen, or None. What is typed narrows the list."""

    CSS_PATH = "dialogs.tcss"
    # Priority: of keys that arrive in one read, the field would take those for the list too late.
    BINDINGS = [
        Binding("enter", "choose('show')", "Show", priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("tab", "sort", "Sort", priority=True),
        Binding("f5", "mark", "Compare"),
        Binding("f2", "change('rename')", "Rename"),
        Binding("f3", "change('note')", "Note"),
        Binding("f4", "choose('settings')", "Duplicate"),
        Binding("f8,delete", "change('delete')", "Delete", key_display="f8", priority=True),
        Binding("escape", "dismiss", "Cancel"),
    ]

    def __init__(self, title: str, select: Select, snapshot: Snapshot, shown: Path | None) -> None:
        super().__init__()
        self._title = title
        self._select = select
        self._runs = select(snapshot)
        self._shown = shown
        self._order = 0
        listed = {run.path for run in self._runs}
        self._marked = [run.path for run in snapshot.compared if run.path in listed]

    def compose(self) -> ComposeResult:
        with Vertical(id="runs"):
            yield Input(placeholder="type to filter", id="filter", compact=True)
            yield Static(id="headings", markup=False)
            yield RunTable(id="list")
            yield Static(id="detail", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._list(self._shown)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Runs came, went or grew."""
        self._runs = self._select(snapshot)
        chosen = self._table.chosen
        self._list(chosen.path if chosen else None)

    @property
    def _table(self) -> RunTable:
        return self.query_one(RunTable)

    def _list(self, path: Path | None) -> None:
        """List the runs that fit what was typed, in order, with the cursor on `path`."""
        words = self.query_one("#filter", Input).value.lower().split()
        runs = [run for run in self._runs if _fits(run, words)]
        name, order = list(ORDERS.items())[self._order]
        if order is not None:
            runs.sort(key=order)  # type: ignore[arg-type]  # keys of one order compare
        # Where the run under the cursor is gone, the cursor goes to the one in its place.
        gone = self._table.cursor if path is not None else 0
        number = next((row for row, run in enumerate(runs) if run.path == path), gone)
        self._table.show(runs, number, frozenset(self._marked))
        self._show_columns()
        count = f"{len(runs)} of {len(self._runs)}" if words else f"{len(runs)}"
        self.query_one("#runs").border_title = f"{self._title}: {count}, {name}"
        marks = f"{len(self._marked)} to compare: enter shows them" if self._marked else ""
        self.query_one("#runs").border_subtitle = marks

    def on_resize(self) -> None:
        self._show_columns()

    def _show_columns(self) -> None:
        """As they fit; what a narrow list has no room for is below it, of the run at the cursor."""
        mixed = len({run.config.model for run in self._runs}) > 1
        columns = Columns(self._table.size.width, mixed)
        if columns != self._table.columns:
            self._table.columns = columns
            self._table.refresh()
        self.query_one("#headings", Static).update(columns.headings)
        self.query_one("#detail", Static).update(columns.detail(self._table.chosen))
        self.query_one("#detail").display = not columns.is_wide

    def on_input_changed(self) -> None:
        self._list(None)

    def on_run_table_clicked(self) -> None:
        self._choose("show")

    def action_move(self, rows: int) -> None:
        self._table.move_to(self._table.cursor + rows)
        self._show_columns()

    def action_sort(self) -> None:
        """The next of the orders."""
        self._order = (self._order + 1) % len(ORDERS)
        chosen = self._table.chosen
        self._list(chosen.path if chosen else None)

    def action_choose(self, use: Use) -> None:
        """Return the run under the cursor, once the list has taken in what was typed."""
        self.query_one("#filter", Input).call_later(lambda: self.call_later(self._choose, use))

    def _choose(self, use: Use) -> None:
        if run := self._table.chosen:
            there = {each.path for each in self._runs}
            self.dismiss(Chosen(run, use, tuple(path for path in self._marked if path in there)))

    def action_mark(self) -> None:
        """Mark the run to be compared, or no longer, and go on to the next."""
        run = self._table.chosen
        if run is None:
            return
        if run.path in self._marked:
            self._marked.remove(run.path)
        elif reason := self._why_not(run):
            self.post_message(ErrorMessage(reason))
            return
        else:
            self._marked.append(run.path)
        self._list(run.path)
        self.action_move(1)

    def _why_not(self, run: RunSummary) -> str:
        """Why it cannot be compared with those that are marked; "" where it can."""
        if len(self._marked) == MOST_COMPARED:
            return f"A chart holds {MOST_COMPARED} runs; f5 on a marked one frees a place."
        unit = run.config.spec.loss_unit
        units = {run.config.spec.loss_unit for run in self._runs if run.path in self._marked}
        if units - {unit}:
            return f"{run.name} measures in {unit}, the marked ones in {units.pop()}."
        return ""

    def commands(self) -> Iterable[Command]:
        """What the keys do to the run under the cursor."""
        if (run := self._table.chosen) is not None:
            yield "Sort", "Newest first, best score first, by name (tab)", self.action_sort
            duplicate = partial(self.action_choose, "settings")
            yield from run_commands(self, run, duplicate, is_shown=run.path == self._shown)

    def action_change(self, what: Change) -> None:
        if run := self._table.chosen:
            self.post_message(RunChange(run, what, run.path == self._shown))


def _fits(run: RunSummary, words: Sequence[str]) -> bool:
    """Whether each word is in what the list says of the run."""
    said = f"{run.name} {run.config.model} {run.config.data} {run.state} {run.note}".lower()
    return all(word in said for word in words)
