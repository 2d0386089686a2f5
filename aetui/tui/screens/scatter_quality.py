"""Quality of the codes: how well they tell the classes apart, worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.color import Color
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from aetui.processes.snapshots import RunSnapshot
from aetui.protocol import Packet
from aetui.runs.advice import error_shares
from aetui.runs.metrics import number_or_none
from aetui.tui.screens.run_curves import Look, line
from aetui.tui.widgets.chart import Chart, Frame
from aetui.tui.widgets.chart_raster import Window
from aetui.tui.widgets.curve import x_range, y_range

MUTED: Final = "$foreground-muted"
PENDING: Final = "…"
ROWS: Final[tuple[tuple[str, str], ...]] = (
    ("knn_1", "kNN accuracy, k = 1"),
    ("knn_5", "kNN accuracy, k = 5"),
    ("linear_probe", "linear probe accuracy"),
    ("kmeans_purity", "k-means purity"),
    ("kmeans_nmi", "k-means NMI"),
)
CURVES: Final = {"knn_5": ("secondary", "k = 5"), "knn_1": ("foreground", "k = 1")}
Ask = Callable[..., Coroutine[Any, Any, Packet | None]]
"""`ModeScreen.ask`."""


class QualityScreen(ModalScreen[None]):
    """Asks for a step at a time, so that esc ends it at once."""

    DEFAULT_CSS = """
    QualityScreen { align: center middle; background: $background 60%; }
    #quality { width: 90%; max-width: 76; height: auto; max-height: 100%; padding: 0 1; }
    #quality { border: round $accent; background: $surface; border-title-style: bold; }
    #quality Static { height: auto; }
    #quality #curve-legend { margin-top: 1; }
    #quality Chart { height: 9; background: $surface; }
    """
    BINDINGS = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, run: RunSnapshot, ask: Ask, advice: str) -> None:
        super().__init__()
        self._run, self._ask, self._advice = run, ask, advice

    def compose(self) -> ComposeResult:
        with Vertical(id="quality") as box:
            box.border_title = f"Quality of the codes · {self._run.name}"
            box.border_subtitle = "esc closes"
            yield Static(shares_text(self._run), id="shares")
            yield Static(Content.styled(self._advice, "$warning"), id="quality-advice")
            yield Static(id="figures-table")
            yield Static("Loading the model …", id="quality-progress")
            yield Static(id="curve-legend")

    def on_mount(self) -> None:
        self.query_one("#shares").display = bool(shares_text(self._run))
        self.query_one("#quality-advice").display = bool(self._advice)
        self._show_curves()
        self.run_worker(self._learn(), exit_on_error=False)

    async def _learn(self) -> None:
        """Show the figures as they come."""
        fresh, known = True, dict(self._run.history.epoch)
        while True:
            self._show_figures(known, is_complete=False)
            reply = await self._ask("quality", fresh=fresh)
            if reply is None:
                self._tell("It ended before all was known: open this again.")
                return
            fresh, found = False, reply.header
            known.update({name: found.get(name) or known.get(name) for name, _ in ROWS})
            if not found["following"]:
                self._show_figures(known, is_complete=True)
                self._tell(basis_text(found))
                return
            self._tell(f"{found['following']} · step {found['done'] + 1} of {found['of']}")

    def _tell(self, text: str) -> None:
        self.query_one("#quality-progress", Static).update(Content.styled(text, MUTED))

    def _show_figures(self, known: Mapping[str, Any], *, is_complete: bool) -> None:
        parts: list[tuple[str, str]] = []
        for key, title in ROWS:
            value = number_or_none(known.get(key))
            if value is not None or not is_complete:
                parts += [(f"{title:<24}", MUTED), (f"{_figure(key, value)}\n", "bold")]
        self.query_one("#figures-table", Static).update(Content.assemble(*parts))

    def _show_curves(self) -> None:
        """The accuracy after each epoch, once there are two."""
        curves = {key: self._run.history.curve(key) for key in CURVES}
        if max(len(curve.x) for curve in curves.values()) < 2:
            return
        legend = [(f"━ {words}  ", f"${name}") for name, words in CURVES.values()]
        title = ("kNN accuracy after each epoch   ", MUTED)
        self.query_one("#curve-legend", Static).update(Content.assemble(title, *legend))
        lines = [line(curve, "epoch", 1.0, 0.0, self._look(key)) for key, curve in curves.items()]
        left, right = x_range(lines)
        chart = Chart()
        self.query_one("#quality").mount(chart)
        chart.show(lines, Frame(Window(left, right, *y_range(lines, left, right)), "epoch"))

    def _look(self, key: str) -> Look:
        name, words = CURVES[key]
        return Look(words, Color.parse(self.app.theme_variables[name]))


def shares_text(run: RunSnapshot) -> str:
    """How much of the test error is reconstruction; "" where the error is no such sum."""
    shares = error_shares(run.spec, run.history.epoch)
    if shares is None:
        return ""
    part = f"{shares.reconstruction_share * 100:.3g} % of the test error is reconstruction"
    return f"{part}; the code carries {shares.code:.2f} nats.\n"


def basis_text(found: Mapping[str, Any]) -> str:
    """Of which codes the figures are."""
    codes, classes = found.get("codes", 0), found.get("classes", 0)
    if classes < 2:
        return "The images are of one class, so there is nothing to tell apart."
    text = f"Of {codes:,} codes of test images in {classes} classes."
    return text if found["exact"] else f"{text} Rounded as the map keeps them: no images here."


def _figure(key: str, value: float | None) -> str:
    if value is None:
        return PENDING
    return f"{value:.3f}" if key == "kmeans_nmi" else f"{value * 100:.1f} %"
