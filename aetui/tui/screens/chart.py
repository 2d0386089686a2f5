"""The large chart: the curves of a run, or of several, with all that helps to read them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from textual import on
from textual.color import Color
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import RunSnapshot, Snapshot
from aetui.tui.bars import Help
from aetui.tui.messages import ChooseRun, CompareRuns
from aetui.tui.screens.base import Command, ModeScreen, Services
from aetui.tui.screens.chart_keys import CHART_BINDINGS
from aetui.tui.screens.chart_plan import Plan, plan
from aetui.tui.screens.chart_text import differences, place_text, title_text, value_row
from aetui.tui.screens.chart_view import ChartView
from aetui.tui.screens.panel_chart import PARTS
from aetui.tui.screens.run_colours import LETTERS, run_colour
from aetui.tui.screens.run_curves import Look, Part, quantities
from aetui.tui.widgets.chart import Chart

DRAW_EVERY: Final = 1.0  # seconds, while a training runs
ZOOM: Final = 1.5  # times as close with every step
PAN: Final = 0.25  # of what is shown
TABLE_SHARE: Final = 3  # the table takes at most a third of the screen


class ChartScreen(ModeScreen):
    """Lies over the screen from which it was opened."""

    CSS_PATH = "chart.tcss"
    NAME = "train"
    SMALLEST = (60, 15)
    PAGE = Help(
        "Curves of a run over a training, or of the runs that are marked in the list of runs. The "
        "line is smoothed; the dots behind it show between which values the figures lie. The first "
        "steep fall may leave the chart at the top.",
        (
            ("↓", "other figures: reconstruction, KL, PSNR, learning rate, whatever the run has"),
            ("← +", "put the cursor where something happened, and look closer"),
            ("o", "mark other runs with f5, and see their curves in this chart"),
        ),
    )
    BINDINGS = [*CHART_BINDINGS]

    def __init__(self, services: Services, model: str) -> None:
        super().__init__(services)
        self._model = model
        self._view = ChartView()
        self._plan: Plan | None = None
        self._drawn_for: tuple[object, ...] = ()
        self._drawn_at = 0.0

    def body(self) -> Iterable[Widget]:
        with Vertical(id="content"):
            yield Static(id="chart-title")
            yield Chart(id="chart")
            yield Static(id="chart-place")
            yield Static(id="chart-table")
        yield Static(id="empty")

    def commands(self) -> Iterable[Command]:
        """All that the keys do, by name."""
        yield from super().commands()
        yield (
            "Runs",
            "Mark runs with f5 to see their curves in one chart (o)",
            self.action_choose_run,
        )
        yield "Compare no more", "Only the run of the panel again (u)", self.action_one_run
        for quantity in quantities(self.runs):
            name, choose = f"Choose curves: {quantity.name}", partial(self._choose, quantity.name)
            yield name, quantity.unit or "Draw these (↓ and ↑ go through them)", choose
        yield "Smoothing", "On or off (f)", self.action_smoothing
        yield "Smooth more", "A longer moving average (])", partial(self.action_smoother, 1)
        yield "Smooth less", "A shorter moving average ([)", partial(self.action_smoother, -1)
        yield "Log scale", "On or off, for the vertical axis (y)", self.action_log_scale
        yield "X axis", "Epochs, steps, or time of training (a)", self.action_axis
        yield "Train or test", "Which of both curves are drawn (v)", self.action_parts
        yield "Zoom in", "Around the cursor (+)", partial(self.action_zoom, 1)
        yield "Zoom out", "Around the cursor (-)", partial(self.action_zoom, -1)
        yield "Show everything", "The whole training (0)", self.action_fit
        yield "Move left", "What is earlier (,)", partial(self.action_pan, -1)
        yield "Move right", "What is later (.)", partial(self.action_pan, 1)
        yield "Newest values", "Take the cursor away (end)", self.action_newest
        yield "Back", "To where the chart was opened (esc)", self.action_close

    @property
    def runs(self) -> tuple[RunSnapshot, ...]:
        """Those marked in the list of runs, else the one of the model's panel."""
        run = self.snapshot.panels.get(self._model)
        return self.snapshot.compared or ((run,) if run is not None else ())

    @property
    def run_shown(self) -> RunSnapshot | None:
        return self.runs[0] if len(self.runs) == 1 else None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        now, runs = time.monotonic(), self.runs
        shown = *((run.identity, run.state) for run in runs), self.size, self.app.theme
        if shown != self._drawn_for or now - self._drawn_at >= DRAW_EVERY:
            self._drawn_for, self._drawn_at = shown, now
            self.show_status()
            self._draw()

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        """Draw the curves and what is said of them."""
        self._plan = plan(self.runs, self._view, self._look())
        self.show_placeholder("" if self._plan else "No run to draw yet: esc, then b trains one.")
        if self._plan is not None:
            self.query_one("#chart", Chart).show(self._plan.lines, self._plan.frame)
            self._read()

    def _look(self) -> Callable[[RunSnapshot, Part], Look]:
        """Of one run, the colours tell train and test apart; of several, the runs."""
        ground = self.query_one("#chart", Chart).ground
        runs = self.runs
        if len(runs) == 1:
            variables = self.app.theme_variables
            return lambda _, part: Look(part, Color.parse(variables[PARTS[part]]))
        places = self.services.run_colours.take([run.identity for run in runs])
        sixteen = self.services.profile.colours == "16"
        by_run = dict(zip((run.identity for run in runs), places, strict=True))

        def look(run: RunSnapshot, part: Part) -> Look:
            place = by_run[run.identity]
            both = self._view.parts == "both"
            label = f"{LETTERS[place]} {part}" if both else LETTERS[place]
            colour = run_colour(place, ground, sixteen=sixteen)
            return Look(label, colour, both and part == "train")

        return look

    def _read(self) -> None:
        """Show the cursor, and the values of every curve there."""
        plan, view = self._plan, self._view
        if plan is None:
            return
        cursor = None if view.cursor is None else view.cursor / plan.unit
        self.query_one("#chart", Chart).point_at(cursor)
        about = differences(self.runs) if len(self.runs) > 1 else {}
        rows = [value_row(plan, view, drawn, about.get(drawn.run.identity)) for drawn in plan.drawn]
        most = max(2, self.app.size.height // TABLE_SHARE)
        self.query_one("#chart-title", Static).update(title_text(plan, view), layout=False)
        self.query_one("#chart-place", Static).update(place_text(plan, view), layout=False)
        self.query_one("#chart-table", Static).update(Content("\n").join(rows[:most]))

    def _change(self, view: ChartView) -> None:
        self._view = view
        self._draw()

    def _choose(self, quantity: str) -> None:
        self._change(replace(self._view, quantity=quantity))

    def action_curves(self, direction: int) -> None:
        """The next figures, or those before."""
        names = [quantity.name for quantity in quantities(self.runs)]
        if names:
            place = names.index(self._view.quantity) if self._view.quantity in names else 0
            self._choose(names[(place + direction) % len(names)])

    def action_smoothing(self) -> None:
        self._change(replace(self._view, is_smoothed=not self._view.is_smoothed))

    def action_smoother(self, direction: int) -> None:
        self._change(self._view.smoother(direction))

    def action_log_scale(self) -> None:
        self._change(replace(self._view, log=not self._view.log))

    def action_axis(self) -> None:
        self._change(self._view.with_next_axis())

    def action_parts(self) -> None:
        self._change(self._view.with_next_parts())

    def action_zoom(self, direction: int) -> None:
        self._zoom(direction, self._view.cursor)

    def _zoom(self, direction: int, around: float | None) -> None:
        if self._plan is not None:
            self._change(self._view.zoomed(ZOOM**direction, around, self._plan.end))

    def action_pan(self, direction: int) -> None:
        if self._plan is not None:
            self._change(self._view.panned(direction * PAN * self._width, self._plan.end))

    def action_fit(self) -> None:
        self._change(replace(self._view, span=None))

    @property
    def _width(self) -> float:
        """How much of the axis is shown."""
        left, right = self._view.span or (0.0, self._plan.end if self._plan else 0.0)
        return right - left

    def action_move(self, columns: int) -> None:
        """Put the cursor some columns further; it begins at the newest values."""
        if self._plan is None:
            return
        right = self._view.span[1] if self._view.span else self._plan.end
        at = right if self._view.cursor is None else self._view.cursor
        self._point(at + columns * self._width / self.query_one("#chart", Chart).columns)

    def _point(self, x: float) -> None:
        if self._plan is None:
            return
        before, self._view = self._view, self._view.pointed(x, self._plan.end)
        if before.span == self._view.span:
            self._read()
        else:
            self._draw()

    def action_newest(self) -> None:
        self._view = replace(self._view, cursor=None)
        self._read()

    @on(Chart.Pointed)
    def _point_with_mouse(self, event: Chart.Pointed) -> None:
        if self._plan is not None:
            self._point(event.x * self._plan.unit)

    @on(Chart.Scrolled)
    def _zoom_with_wheel(self, event: Chart.Scrolled) -> None:
        if self._plan is not None:
            self._zoom(event.direction, event.x * self._plan.unit)

    @on(Chart.Dragged)
    def _drag(self, event: Chart.Dragged) -> None:
        if self._plan is not None:
            self._change(self._view.panned(-event.x * self._plan.unit, self._plan.end))

    def action_choose_run(self) -> None:
        self.post_message(ChooseRun(model=self._model))

    def action_one_run(self) -> None:
        """The run of the panel alone."""
        self.post_message(CompareRuns(()))

    def action_close(self) -> None:
        self.dismiss()
