"""Scatter: where the first 5,000 test images lie on the latent plane."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.board import Board, RunWatch
from aetui.config import Model
from aetui.inference import Inference
from aetui.latentmap import LatentMap
from aetui.terminal import Look
from aetui.tui.plane import GLYPHS, PETROFF_10
from aetui.tui.planeview import PlaneView
from aetui.tui.screen import ModeScreen, nothing_yet

ZOOM = 1.5
PAN = 0.1  # of the width


class ScatterScreen(ModeScreen):
    """The map of the newest epoch, redrawn as a training goes on; or the maps before it, one after the other."""

    MODE = "scatter"
    MODEL = "vae"
    BINDINGS = [
        Binding("plus,equals_sign", "zoom(1)", "Zoom in", key_display="+"),
        Binding("minus", "zoom(-1)", "Zoom out", key_display="-"),
        Binding("left,h", "pan(-1,0)", "Pan", key_display="←↓↑→"),
        Binding("right", "pan(1,0)", show=False),
        Binding("up,k", "pan(0,-1)", show=False),
        Binding("down,j", "pan(0,1)", show=False),
        Binding("0,home", "fit", "All", key_display="0"),
        Binding("comma", "film(-1)", "Epoch", key_display=",."),
        Binding("full_stop", "film(1)", show=False),
        Binding("o", "pick", "Runs"),
    ]

    def __init__(self, board: Board, inference: Inference, appearance: Look) -> None:
        super().__init__(board, inference, appearance)
        self._shown: tuple[str, int] | None = None  # run and epoch
        self._held: tuple[str, int] | None = None  # the same, where a person has chosen an epoch

    def body(self) -> Iterable[Widget]:
        """The plane and its legend, or what to do to get one."""
        yield Horizontal(PlaneView(id="plane"), Static(id="legend"), id="content")
        yield Static(id="empty")

    def look(self, models: frozenset[Model]) -> None:
        """Draw the newest map, if it is not drawn already."""
        watch = self.run_watch
        self.show_status()
        if watch is None or not watch.epochs:
            self._shown = None
            self.show_emptiness(nothing_yet("vae", watch))
            return
        self.show_emptiness("")
        held = self._held is not None and self._held[0] == watch.name and self._held[1] in watch.epochs
        epoch = self._held[1] if self._held is not None and held else watch.epochs[-1]
        if self._shown != (watch.name, epoch):
            self._show(watch, epoch)

    def _show(self, watch: RunWatch, epoch: int) -> None:
        latent = watch.map_after(epoch) or watch.newest_map()  # one may be damaged
        if latent is None:
            self._shown = None
            self.show_emptiness(nothing_yet("vae", watch))
            return
        plane = self.query_one(PlaneView)
        if self._shown is None or self._shown[0] != watch.name:
            plane.view = None
        self._shown = (watch.name, epoch)
        plane.show(latent.points, latent.labels)
        self.query_one("#legend", Static).update(_legend(watch, latent), layout=False)

    def action_film(self, direction: int) -> None:
        """The map of an epoch earlier or later; the last one follows the training again."""
        watch = self.run_watch
        if watch is None or self._shown is None or self._shown[1] not in watch.epochs:
            return
        place = watch.epochs.index(self._shown[1]) + direction
        if 0 <= place < len(watch.epochs):
            self._held = None if place == len(watch.epochs) - 1 else (watch.name, watch.epochs[place])
            self._show(watch, watch.epochs[place])

    def action_zoom(self, direction: int) -> None:
        """Closer or farther, about the middle."""
        plane = self.query_one(PlaneView)
        plane.view = plane.view.zoomed(ZOOM**direction)

    def action_pan(self, right: int, down: int) -> None:
        """Move over the plane."""
        plane = self.query_one(PlaneView)
        plane.view = plane.view.panned(right * plane.size.width * PAN, down * plane.size.height * PAN)

    def action_fit(self) -> None:
        """Show every point again."""
        self.query_one(PlaneView).view = None


def _legend(watch: RunWatch, latent: LatentMap) -> Content:
    """Each class with its character, colour and count."""
    counts = np.bincount(latent.labels, minlength=len(watch.config.classes))
    classes = watch.config.classes or tuple(map(str, range(len(counts))))
    parts: list[tuple[str, str] | str] = [(f"epoch {latent.epoch}\n", "bold"), (f"{len(latent.labels):,} images\n\n", "$foreground-muted")]
    for label, name in enumerate(classes):
        shown = f" {name[:9]}" if name != GLYPHS[label % len(GLYPHS)] else ""
        parts += [
            (GLYPHS[label % len(GLYPHS)], f"bold {PETROFF_10[label % 10]}"),
            f"{shown:<2}",
            (f"{counts[label]:>6,}\n", "$foreground-muted"),
        ]
    if latent.codes.shape[1] > 2:
        parts.append(
            (f"\naxes {latent.axes[0]} and {latent.axes[1]}\nof {latent.codes.shape[1]}: those\nof largest KL", "$foreground-muted")
        )
    return Content.assemble(*parts)
