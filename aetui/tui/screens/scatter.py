"""Scatter: where test images lie on the latent plane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, RunSnapshot, Snapshot
from aetui.runs.directory import RunIdentity
from aetui.tui.messages import HoldMapEpoch
from aetui.tui.screens.base import ModeScreen, Services
from aetui.tui.widgets.plane import GLYPHS, PETROFF_10
from aetui.tui.widgets.plane_view import PlaneView

ZOOM: Final = 1.5
PAN: Final = 0.1  # of the width


class ScatterScreen(ModeScreen):
    """The map of the newest epoch, redrawn while a training runs; or an earlier one, held."""

    NAME = "scatter"
    CAPABILITY = "plane"
    BINDINGS = [
        Binding("plus,equals_sign", "zoom(1)", "Zoom in", key_display="+"),
        Binding("minus", "zoom(-1)", "Zoom out", key_display="-"),
        Binding("left,h", "pan(-1,0)", "Pan", key_display="←↓↑→"),
        Binding("right,l", "pan(1,0)", show=False),
        Binding("up,k", "pan(0,-1)", show=False),
        Binding("down,j", "pan(0,1)", show=False),
        Binding("0,home", "fit", "Fit", key_display="0"),
        Binding("comma", "film(-1)", "Epoch", key_display=",."),
        Binding("full_stop", "film(1)", show=False),
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._shown: tuple[RunIdentity, int] | None = None

    def body(self) -> Iterable[Widget]:
        yield Horizontal(PlaneView(id="plane"), Static(id="legend"), id="content")
        yield Static(id="empty")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_status()
        run, plane = self.run_shown, snapshot.plane
        if run is None or plane is None:
            self._shown = None
            self.show_placeholder(self.empty_text())
            return
        self.show_placeholder("")
        if self._shown != plane.key:
            view = self.query_one(PlaneView)
            if self._shown is None or self._shown[0] != plane.identity:
                view.view = None
            self._shown = plane.key
            view.show(plane.latent.points, plane.latent.labels)
            legend = _legend(run, plane)
            self.query_one("#legend", Static).update(legend, layout=False)

    def action_film(self, direction: int) -> None:
        """The map of an epoch earlier or later; the last one follows the training again."""
        run, plane = self.run_shown, self.snapshot.plane
        if run is None or plane is None or plane.latent.epoch not in run.epochs:
            return
        place = run.epochs.index(plane.latent.epoch) + direction
        if 0 <= place < len(run.epochs):
            is_last = place == len(run.epochs) - 1
            self.post_message(HoldMapEpoch(None if is_last else run.epochs[place]))

    def action_zoom(self, direction: int) -> None:
        """Closer or farther, about the middle."""
        plane = self.query_one(PlaneView)
        plane.view = plane.view.zoomed(ZOOM**direction)

    def action_pan(self, right: int, down: int) -> None:
        plane = self.query_one(PlaneView)
        size = plane.size
        plane.view = plane.view.panned(right * size.width * PAN, down * size.height * PAN)

    def action_fit(self) -> None:
        """Show every point again."""
        self.query_one(PlaneView).view = None


def _legend(run: RunSnapshot, plane: PlaneMap) -> Content:
    """Each class with its character, colour and count."""
    latent = plane.latent
    counts = np.bincount(latent.labels, minlength=len(run.config.classes))
    classes = run.config.classes or tuple(map(str, range(len(counts))))
    parts: list[tuple[str, str] | str] = [
        (f"epoch {latent.epoch}\n", "bold"),
        (f"{len(latent.labels):,} images\n\n", "$foreground-muted"),
    ]
    for label, name in enumerate(classes):
        glyph = GLYPHS[label % len(GLYPHS)]
        shown = f" {name[:9]}" if name != glyph else ""
        parts += [
            (glyph, f"bold {PETROFF_10[label % 10]}"),
            f"{shown:<2}",
            (f"{counts[label]:>6,}\n", "$foreground-muted"),
        ]
    if (width := latent.codes.shape[1]) > 2:
        first, second = latent.axes
        text = f"\n{first} and {second} of {width}\ndimensions\n(largest KL)"
        parts.append((text, "$foreground-muted"))
    return Content.assemble(*parts)
