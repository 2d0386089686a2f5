"""The curves of a training over its epochs."""

from __future__ import annotations

from typing import Final

from textual.events import Mount
from textual_plot import HiResMode, PlotWidget

from aetui.runs.history import CurveSnapshot

DRAWN: Final = 400  # points of a curve that a chart can tell apart
STEEP_SHARE: Final = 12  # the first twelfth falls so steeply that it would flatten all that follows
Limits = tuple[float, float]


class LossChart(PlotWidget):
    """Draws curves within the range that tells them apart."""

    def __init__(self) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self.can_focus = False
        self._wanted: tuple[dict[str, CurveSnapshot], Limits, float] | None = None

    def on_mount(self, event: Mount | None = None) -> None:
        """Draw what was asked for before there was anything to draw on."""
        super().on_mount()
        if event is not None:  # the base class's handler would run after this one, and clear all
            event.prevent_default()
        self.margin_top = 0
        self.margin_bottom = 1
        self.margin_left = 8
        self._draw()

    def show_curves(self, curves: dict[str, CurveSnapshot], limits: Limits, end: float) -> None:
        """Draw the `curves`, each in the colour that is its key, from epoch 0 to `end`."""
        self._wanted = curves, limits, end
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        if self._wanted is None:
            return
        curves, limits, end = self._wanted
        self.clear()
        for colour, curve in curves.items():
            xs, ys = _thinned(curve, limits)
            if len(xs) > 1:
                self.plot(xs, ys, line_style=colour, hires_mode=HiResMode.BRAILLE)
        self.set_ylimits(*limits)
        self.set_xlimits(0, max(end, 1e-3))


def _thinned(curve: CurveSnapshot, limits: Limits) -> tuple[list[float], list[float]]:
    stride = max(1, len(curve.x) // DRAWN)
    points = zip(curve.x[::stride], curve.y[::stride], strict=True)
    drawn = [(x, y) for x, y in points if y <= limits[1]]
    return [x for x, _ in drawn], [y for _, y in drawn]
