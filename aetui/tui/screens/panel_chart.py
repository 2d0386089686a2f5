"""The chart of a panel: train and test loss over the epochs, with their spread."""

from __future__ import annotations

from typing import Final

from textual.color import Color

from aetui.processes.snapshots import RunSnapshot
from aetui.tui.screens.run_curves import USUAL_HALF_LIFE, Look, Part, line, longest, loss_of, marks
from aetui.tui.widgets.chart import Chart, Frame
from aetui.tui.widgets.chart_raster import Window
from aetui.tui.widgets.curve import x_range, y_range

PARTS: Final[dict[Part, str]] = {"train": "secondary", "test": "foreground"}
"""The curves of a run, with the theme's colours in which they are drawn."""


class PanelChart(Chart):
    """Shows a run as nobody has to set up anything for."""

    def show_run(self, run: RunSnapshot) -> None:
        """Draw its losses."""
        loss = loss_of(run.spec)
        found = {part: curve for part in PARTS if (curve := loss.curve(run, part)) is not None}
        half_life = USUAL_HALF_LIFE * longest(found.values(), "epoch")
        variables = self.app.theme_variables
        lines = [
            line(curve, "epoch", 1.0, half_life, Look(part, Color.parse(variables[PARTS[part]])))
            for part, curve in found.items()
        ]
        left, right = x_range(lines)
        window = Window(left, right, *y_range(lines, left, right))
        happened = marks(run, found["train"], "epoch", 1.0) if "train" in found else ()
        self.show(lines, Frame(window, "epoch", marks=happened))
