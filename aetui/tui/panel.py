"""One model's training: state, figures, progress and loss chart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from aetui.board import RunWatch
from aetui.config import Model, printable
from aetui.metrics import Curve
from aetui.processes import StartedTrainer

if TYPE_CHECKING:
    from textual_plot import PlotWidget

TITLES: Final = {"vae": "Variational autoencoder", "dae": "Denoising autoencoder"}
STATE_STYLES: Final = {"running": "$success", "paused": "$warning", "done": "$accent", "stopped": "$foreground-muted", "failed": "$error"}
CHART_EVERY: Final = 5.0  # seconds
DRAWN: Final = 400  # points of a curve that a chart can tell apart


class ModelPanel(Vertical, can_focus=True):
    """A panel that `show` fills; it holds no state of the training."""

    def __init__(self, model: Model) -> None:
        super().__init__(id=f"panel-{model}")
        self.model = model
        self._shown: dict[str, Content | str] = {}  # by class of line
        self._charted: tuple[object, ...] = ()  # what the chart was drawn for
        self._charted_at = 0.0
        self.border_title = TITLES[model]

    def compose(self) -> ComposeResult:
        """A message; the rest comes when there is something to draw, and the first picture does not wait for it."""
        yield Static(classes="message")

    def show(self, watch: RunWatch | None, starting: StartedTrainer | None, words: str) -> None:
        """Draw what is known. `words` are the last of the log of a trainer that has no run yet."""
        if starting is not None:
            died = starting.cause_of_death()
            self._subtitle(f"{_safe(starting.run.name)} · {'failed' if died else 'starting'}")
            log = starting.run / "log.txt"
            self._say(
                f"[$error]It could not start.[/]\n{_safe(died)}\n\nThe log: {_safe(str(log))}" if died else f"Starting …\n{_safe(words)}"
            )
        elif watch is None:
            self._subtitle("no run yet")
            keys = "[b $accent]b[/] trains both models, [b $accent]s[/] this one,\n[b $accent]e[/] changes its settings first."
            self._say(f"Nothing trained yet.\n\n{keys}")
        else:
            self.run_worker(self._show_run(watch), group="show", exclusive=True)

    def _say(self, markup: str) -> None:
        self.set_class(True, "-message")
        self._put("message", markup)

    def _put(self, line: str, content: Content | str) -> None:
        """Fill a line. Only those of changing height have the screen laid out again, which costs more than all the rest."""
        if self._shown.get(line) != content:
            self._shown[line] = content
            self.query_one(f".{line}", Static).update(content, layout=line in ("message", "note"))

    def _subtitle(self, markup: str) -> None:
        if self._shown.get("subtitle") != markup:
            self._shown["subtitle"] = markup
            self.border_subtitle = Content.from_markup(markup)

    async def _furnish(self) -> None:
        """Figures, progress, pace and note, above the message."""
        if not self.query(".figures"):
            progress = ProgressBar(total=1.0, show_eta=False, show_percentage=False)
            lines = (Static(classes="figures"), progress, Static(classes="pace"), Static(classes="note", markup=False))
            await self.mount_all(lines, before=self.query_one(".message"))

    async def _show_run(self, watch: RunWatch) -> None:
        await self._furnish()
        if not self.query(".note"):
            return  # the app ends, and took the new lines back
        config, style = watch.config, STATE_STYLES[watch.state]
        self._subtitle(f"[{style}]{watch.state}[/] · {_safe(watch.name)} · {_safe(config.data)} · {_safe(config.device)}")
        failed = watch.state == "failed"
        self.set_class(failed, "-failed")
        if failed:
            keys = "[b $accent]r[/] resumes from the last save, [b $accent]e[/] starts anew with other settings."
            log = _safe(str(watch.path / "log.txt"), 200)
            self._put("message", f"[$error]{_safe(watch.cause, 300)}[/]\nThe log: {log}\n{keys}")
        self.set_class(False, "-message")
        self._put("figures", _figures(watch))
        self._put("pace", _pace(watch))
        refused = watch.history.refusal and not failed
        note = f"{watch.history.refusal}; it goes on, and tries again" if refused else config.data_note
        self._put("note", printable(note, 200))
        self.set_class(bool(note), "-noted")
        self.query_one(ProgressBar).update(progress=min(1.0, watch.epoch / config.hyperparameters.epochs))
        # The chart is most of the work of watching, for which the training pays; the figures above it are always new.
        now, charted = time.monotonic(), (watch.path, watch.state, self.size, self.app.theme)
        if charted != self._charted or now - self._charted_at > CHART_EVERY:
            self._charted = charted
            self._charted_at = now if await self._draw_chart(watch) else 0.0

    async def _draw_chart(self, watch: RunWatch) -> bool:
        """Draw the curves; whether there is anything to draw yet."""
        history = watch.history
        limits = _limits(history.step_loss, history.test_loss)
        self.set_class(limits is None, "-chartless")
        if limits is None:
            return False
        from textual_plot import HiResMode

        chart = await self._chart()
        chart.clear()
        colours = self.app.theme_variables
        for curve, colour in ((history.step_loss, colours["secondary"]), (history.test_loss, colours["accent"])):
            xs, ys = _thinned(curve, limits)
            if len(xs) > 1:
                chart.plot(xs, ys, line_style=colour, hires_mode=HiResMode.BRAILLE)
        chart.set_ylimits(*limits)
        chart.set_xlimits(0, max(watch.epoch, 1e-3))
        return True

    async def _chart(self) -> PlotWidget:
        """The chart, mounted when there is first something to draw: its library takes a while to load."""
        from textual_plot import PlotWidget

        if not self.query(PlotWidget):
            chart = PlotWidget(allow_pan_and_zoom=False)
            chart.can_focus = False
            await self.mount(chart, before=self.query_one(".message"))
            chart.margin_top, chart.margin_bottom, chart.margin_left = 0, 1, 8
        return self.query_one(PlotWidget)


def _safe(text: str | None, most: int = 120) -> str:
    return printable(text or "", most).replace("[", r"\[")


def _figures(watch: RunWatch) -> Content:
    """Fixed columns, so that nothing jumps when a number grows a digit."""
    epoch, step = watch.history.epoch, watch.history.step
    muted, vae = "$foreground-muted", watch.config.model == "vae"
    score = epoch.get("test_loss" if vae else "test_psnr")
    parts: list[tuple[str, str] | str] = [
        ("test ", muted),
        (f"{score:7.2f}" if isinstance(score, (int, float)) else "      –", "bold $accent"),
    ]
    if vae and "test_kl" in epoch:
        parts += [(" = ", muted), f"{epoch['test_reconstruction']:5.1f} + {epoch['test_kl']:4.1f}", (" KL", muted)]
    parts += [("" if vae else " dB PSNR", muted), ("  train ", muted), (_loss(step.get("loss"), watch.config.model), "$secondary")]
    return Content.assemble(*parts)


def _loss(value: object, model: Model) -> str:
    if not isinstance(value, (int, float)):
        return "      –"
    return f"{value:7.2f}" if model == "vae" else f"{value:7.4f}"


def _pace(watch: RunWatch) -> Content:
    config, left = watch.config, watch.seconds_left
    parts: list[tuple[str, str] | str] = [f"epoch {watch.epoch:6.2f}/{config.hyperparameters.epochs}"]
    if watch.state == "running":
        parts.append((f"   {watch.history.step.get('images_per_s', 0):>8,} images/s", "$foreground-muted"))
        parts.append(("   left ", "$foreground-muted"))
        parts.append(_clock(left) if left is not None else "–")
    return Content.assemble(*parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _limits(*curves: Curve) -> tuple[float, float] | None:
    """The range of losses worth drawing: the steep first steps would flatten all that follows."""
    values = [value for curve in curves for value in curve.y[len(curve.y) // 12 :]]
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 1e-3
    return low - margin, high + margin


def _thinned(curve: Curve, limits: tuple[float, float]) -> tuple[list[float], list[float]]:
    stride = max(1, len(curve.x) // DRAWN)
    pairs = [(x, y) for x, y in zip(curve.x[::stride], curve.y[::stride], strict=True) if y <= limits[1]]
    return [x for x, _ in pairs], [y for _, y in pairs]
