"""Scatter: where test images lie on the latent plane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.latent_map import LatentMap
from aetui.tui.screens.plane_screen import FILM_BINDINGS, PlaneScreen
from aetui.tui.widgets.legend import Legend
from aetui.tui.widgets.plane_view import PlaneView

ZOOM: Final = 1.5
PAN: Final = 0.1  # of the width


class ScatterScreen(PlaneScreen):
    """The map of the newest epoch, redrawn while a training runs; or an earlier one, held."""

    NAME = "scatter"
    BINDINGS = [
        Binding("plus,equals_sign", "zoom(1)", "Zoom", key_display="+-"),
        Binding("minus", "zoom(-1)", show=False),
        Binding("left,h", "pan(-1,0)", "Pan", key_display="←↓↑→"),
        Binding("right,l", "pan(1,0)", show=False),
        Binding("up,k", "pan(0,-1)", show=False),
        Binding("down,j", "pan(0,1)", show=False),
        Binding("0,home", "fit", "Fit", key_display="0"),
        *FILM_BINDINGS,
        Binding("tab", "focus_legend", "Classes"),
        Binding("o", "choose_run", "Runs"),
    ]

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="content"):
            yield PlaneView(id="plane")
            with Vertical(id="side"):
                yield Static(id="about")
                yield Legend(id="legend")
        yield Static(id="empty")

    def show_plane(self, run: RunSnapshot, before: PlaneMap | None) -> None:
        plane = self.plane
        if plane is None:
            self.show_placeholder(self.empty_text())
            return
        about = _about(plane.latent, self.film_text())
        self.query_one("#about", Static).update(about, layout=False)
        if before is not None and before.key == plane.key:
            return
        view = self.query_one(PlaneView)
        if before is None or before.identity != plane.identity:
            view.view = None
        counts = np.bincount(plane.latent.labels, minlength=len(self.marks.names))
        self.query_one(Legend).show(self.marks, counts.tolist())
        self._draw()

    def _draw(self) -> None:
        """Draw the classes that are shown."""
        if self.plane is not None:
            latent, hidden = self.plane.latent, self.query_one(Legend).hidden
            view = self.query_one(PlaneView)
            view.show(latent.points, latent.labels, self.marks, hidden)

    @on(Legend.Chosen)
    def _show_classes(self) -> None:
        self._draw()

    def action_focus_legend(self) -> None:
        legend = self.query_one(Legend)
        self.set_focus(None if self.focused is legend else legend)

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


def _about(latent: LatentMap, film: str) -> Content:
    parts: list[tuple[str, str] | str] = [
        (film.replace(" · ", "\n", 1) + " maps\n", "bold"),
        (f"{len(latent.labels):,} images\n", "$foreground-muted"),
    ]
    if (width := latent.codes.shape[1]) > 2:
        first, second = latent.axes
        text = f"axes {first} and {second} of {width},\nthe largest KL\n"
        parts.append((text, "$foreground-muted"))
    return Content.assemble(*parts)
