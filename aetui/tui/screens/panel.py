"""One model's training: state, score, progress and loss chart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import ProgressBar, Static

from aetui.errors import printable
from aetui.model_spec import ModelSpec
from aetui.runs.directory import LOG
from aetui.tui.messages import OpenChart
from aetui.tui.screens.machine_text import machine_text
from aetui.tui.screens.panel_text import (
    best_text,
    changes_text,
    legend_text,
    pace_text,
    score_text,
)

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot, StartingTrainer
    from aetui.runs.summary import State
    from aetui.tui.screens.panel_chart import PanelChart

STATE_STYLES: Final[dict[State, str]] = {
    "starting": "$secondary",
    "running": "$success",
    "paused": "$warning",
    "done": "$foreground",
    "stopped": "$foreground-muted",
    "failed": "$error",
}
CHART_EVERY: Final = 5.0  # seconds
LEAST_ROWS: Final = 7  # of a panel that has some left for a chart
LEGEND_ROWS: Final = 13  # of a panel that has one left for the chart's legend
CAUSE_LINES: Final = 5  # of a traceback
CHANGING_HEIGHT: Final = ("message", "note")
KEYS: Final = (
    "[b $accent]b[/] trains both models, [b $accent]s[/] this one,\n"
    "[b $accent]e[/] changes its settings first."
)
FAILED_KEYS: Final = (
    "[b $accent]r[/] resumes from the last save, "
    "[b $accent]e[/] starts a new run with other settings."
)
LOG_KEY: Final = "[b $accent]L[/] shows the log:"
LONGEST: Final = 600  # characters of a message


class ModelPanel(Vertical, can_focus=True):
    """A panel that `show` fills; it holds no state of the training."""

    def __init__(self, spec: ModelSpec, shipped_hint: str) -> None:
        """`shipped_hint` says what to do with a run that comes with aetui."""
        super().__init__(id=f"panel-{spec.name}")
        self.spec = spec
        self._shipped_hint = shipped_hint
        self.border_title = spec.title
        self._run: RunSnapshot | None = None
        self._starting: StartingTrainer | None = None
        self._is_laid_out = False
        self._shown: dict[str, Content | str] = {}  # by class of line
        self._charted: tuple[object, ...] = ()  # what the chart was drawn for
        self._charted_at = 0.0

    def on_mount(self) -> None:
        # A panel that is added for a run is told of it before it is there.
        if self._run is not None or self._starting is not None:
            self.show(self._run, self._starting)

    def show(self, run: RunSnapshot | None, starting: StartingTrainer | None) -> None:
        """Draw what is known, once the panel is there."""
        self._run, self._starting = run, starting
        if self._is_laid_out:
            self._draw()
        elif self.is_mounted and not self.children:
            # Not before: the first picture, which says nothing yet, took 22 ms longer with these
            # lines and with the styles of the other screens.
            self.mount_all(_lines())
            if run is not None:
                _chart_class()  # imports numpy, before a thread does so for the other screens
            # Textual tells a widget its size when it first lays it out. A chart that is added while
            # lines beside it wait for that is never told.
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._is_laid_out = True
        self._draw()

    def _draw(self) -> None:
        if self._starting is not None:
            self._show_starting(self._starting)
        elif self._run is None:
            self._subtitle("no run yet")
            self._message(f"Nothing trained yet.\n\n{KEYS}")
        else:
            self._show_run(self._run)

    def _show_starting(self, starting: StartingTrainer) -> None:
        name = _safe(starting.path.name)
        if starting.exit_reason:
            self._subtitle(f"[$error]failed[/] · {name}")
            log = _safe(str(starting.path / LOG))
            reason = _safe_lines(starting.exit_reason)
            self._message(f"[$error]It could not start.[/]\n{reason}\n\n{LOG_KEY} {log}")
        else:
            self._subtitle(f"[{STATE_STYLES['starting']}]starting[/] · {name}")
            self._message(f"Starting …\n{_safe(starting.log_line)}")

    def _show_run(self, run: RunSnapshot) -> None:
        config, style = run.config, STATE_STYLES[run.state]
        where = f"{_safe(config.data)} · {_safe(config.device)}"
        self._subtitle(f"[{style}]{_safe(run.state_text)}[/] · {_safe(run.name)} · {where}")
        if run.state == "starting":
            self._message(f"Starting {_safe(run.name)} …\n{_safe(run.log_line)}")
            return
        failed = run.state == "failed"
        self.set_class(failed, "-failed")
        if failed:
            log = _safe(str(run.path / LOG))
            cause = _safe_lines(run.cause)
            self._put("message", f"[$error]{cause}[/]\n{FAILED_KEYS}\n{LOG_KEY} {log}")
        self.set_class(False, "-message")
        self._put("score", score_text(run, self.size.width))
        self._show_pace(run)
        self._put("legend", legend_text(run))
        self._show_note(run, failed=failed)
        epochs = config.hyperparameters.epochs
        self.query_one(ProgressBar).update(progress=min(1.0, run.epoch / epochs))
        self._show_chart(run)

    def _show_pace(self, run: RunSnapshot) -> None:
        """Epochs, speed and time left; the machine below, or behind where there are few rows."""
        width, pace = self.size.width, pace_text(run)
        if self.size.height < LEGEND_ROWS:
            machine = machine_text(run, width - len(pace) - 3)
            self._put("pace", Content.assemble(pace, "   ", machine))
            machine = Content()
        else:
            machine = machine_text(run, width)
            self._put("pace", pace)
        self._put("machine", machine)
        self.set_class(bool(machine), "-measured")

    def _show_note(self, run: RunSnapshot, *, failed: bool) -> None:
        save_error = run.history.save_error
        style = "$foreground-muted"
        hint = self._shipped_hint if run.config.card else ""
        said = "; ".join(filter(None, (best_text(run), changes_text(run))))
        note = hint or said or run.config.data_note
        if failed:
            note = ""
        elif save_error:
            note, style = f"{save_error}; it goes on, and tries again", "$warning"
        self._put("note", Content.styled(printable(note, LONGEST), style))
        self.set_class(bool(note), "-noted")

    def _message(self, markup: str) -> None:
        self.set_class(True, "-message")
        self.set_class(False, "-failed")
        self._put("message", markup)

    def _put(self, line: str, content: Content | str) -> None:
        """Fill a line. A layout costs more than the rest: only for lines of changing height."""
        if self._shown.get(line) != content:
            self._shown[line] = content
            layout = line in CHANGING_HEIGHT
            self.query_one(f".{line}", Static).update(content, layout=layout)

    def _subtitle(self, markup: str) -> None:
        if self._shown.get("subtitle") != markup:
            self._shown["subtitle"] = markup
            self.border_subtitle = Content.from_markup(markup)

    def _show_chart(self, run: RunSnapshot) -> None:
        """Draw the curves, but not with every step: the chart is most of the cost of watching."""
        now, charted = time.monotonic(), (run.identity, run.state, self.size, self.app.theme)
        keys = (run.spec.losses[0], "train_loss", "test_loss")
        has_curve = any(len(run.history.curve(key).x) > 1 for key in keys)
        self.set_class(not has_curve, "-chartless")
        if (
            not has_curve
            or self.size.height < LEAST_ROWS
            or (charted == self._charted and now - self._charted_at < CHART_EVERY)
        ):
            return
        self._charted = charted
        self._charted_at = now
        self._chart().show_run(run)

    def _chart(self) -> PanelChart:
        """Made when there is first something to draw."""
        kind = _chart_class()
        if not self.query(kind):
            self.mount(kind(), before=self.query_one(".message"))
        return self.query_one(kind)

    def on_click(self, event: Click) -> None:
        """A double click opens the curves large."""
        if event.chain == 2:
            self.post_message(OpenChart(self.spec.name))

    def on_resize(self) -> None:
        self.set_class(self.size.height < LEAST_ROWS, "-low")
        self.set_class(self.size.height < LEGEND_ROWS, "-unlabelled")
        if self._is_laid_out and self._run is not None and not self.has_class("-message"):
            self._put("score", score_text(self._run, self.size.width))
            self._show_pace(self._run)
            self._show_chart(self._run)


def _chart_class() -> type[PanelChart]:
    """Imported when there is first a run: it needs numpy."""
    from aetui.tui.screens.panel_chart import PanelChart

    return PanelChart


def _lines() -> list[Widget]:
    """What a panel is made of, but for the chart."""
    return [
        Static(classes="score"),
        ProgressBar(total=1.0, show_eta=False, show_percentage=False),
        Static(classes="pace"),
        Static(classes="machine"),
        Static(classes="note", markup=False),
        Static(classes="legend"),
        Static(classes="message"),
    ]


def _safe(text: str, limit: int = LONGEST) -> str:
    return printable(text, limit).replace("[", r"\[")


def _safe_lines(text: str) -> str:
    """The end of a message that may be a traceback."""
    return "\n".join(_safe(line) for line in text.splitlines()[-CAUSE_LINES:])
