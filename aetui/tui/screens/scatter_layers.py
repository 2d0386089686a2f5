"""The layers of Scatter: what a probe decides for each cell, and images at the densest places."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from aetui.config import ImageShape
from aetui.errors import BadInput
from aetui.runs.class_probe import decide
from aetui.runs.density import density_peaks
from aetui.runs.map_options import LAYERS, Layer
from aetui.tui.screens.plane_screen import PlaneScreen
from aetui.tui.screens.scatter_text import not_here
from aetui.tui.widgets.card import coarse
from aetui.tui.widgets.explore_view import Decisions, ExploreView, Placed
from aetui.tui.widgets.image_grid import fit, shrink
from aetui.tui.widgets.snap import of_shown_classes

AT_ONCE: Final = 1024  # cells a request
PICTURE: Final = (10, 5)  # (columns, rows) of an image on the map
TELL_AFTER: Final = 0.3  # seconds without the whole answer
DECISIONS: Final[Layer] = "decisions"  # also the group of its tasks
THUMBNAILS: Final[Layer] = "thumbnails"
Tell = Callable[[str], None]
"""Says what is being waited for; "" for nothing."""


class Layers:
    """Which layers are shown; they are made anew for each part of the plane."""

    def __init__(self, screen: PlaneScreen, view: ExploreView, tell: Tell) -> None:
        self._screen, self._view, self._tell = screen, view, tell
        self.decisions = self.thumbnails = False

    @property
    def option(self) -> tuple[str, ...]:
        """For a figure with the layers that are shown."""
        shown = {DECISIONS: self.decisions, THUMBNAILS: self.thumbnails}
        layers = [layer for layer in LAYERS if shown[layer]]
        return ("--layers", ",".join(layers)) if layers else ()

    def toggle_decisions(self) -> None:
        self.decisions = not self.decisions
        self.refresh(DECISIONS)

    def toggle_thumbnails(self) -> None:
        self.thumbnails = not self.thumbnails
        self.refresh(THUMBNAILS)

    def refresh(self, *layers: str) -> None:
        """The map, the part of it that is shown, or its classes are others."""
        workers = self._screen.workers
        for layer in layers or (DECISIONS, THUMBNAILS):
            workers.cancel_group(self._screen, layer)
        if not layers or DECISIONS in layers:
            self._tell("")
            self._view.tint(None)
            if self.decisions:
                self._screen.run_task(self._decide(), DECISIONS)
        if not layers or THUMBNAILS in layers:
            self._view.place(())
            if self.thumbnails:
                self._screen.run_task(self._illustrate(), THUMBNAILS)

    def stop(self) -> bool:
        """Give up what is under way; whether there was anything."""
        workers = self._screen.workers
        under_way = [worker.group for worker in workers if not worker.is_finished]
        stopped = DECISIONS in under_way
        if stopped:
            self.decisions = False
            self.refresh(DECISIONS)
        return stopped

    async def _decide(self) -> None:
        """Ask the probe about the middle of every cell, a part at a time."""
        plane = self._screen.plane
        if plane is None:
            return
        view, (columns, rows) = self._view.view, self._view.plot_size
        z = plane.latent.codes_at(self._view.cell_points())
        parts = np.array_split(z, max(1, -(-len(z) // AT_ONCE)))
        shares: list[np.ndarray] = []
        began = time.monotonic()
        for number, part in enumerate(parts):
            if time.monotonic() - began > TELL_AFTER:
                self._tell(f"decisions {number / len(parts):.0%} · esc stops")
            reply = await self._screen.ask("probe", {"z": part}, epoch=plane.latent.epoch)
            if reply is None:
                break
            shares.append(reply.arrays["probabilities"])
        self._tell("")
        if len(shares) == len(parts):
            found = np.concatenate(shares).reshape(rows, columns, -1)
            self._view.tint(Decisions(view, *decide(found)))

    async def _illustrate(self) -> None:
        """An example image at each peak of the density."""
        plane = self._screen.plane
        if plane is None:
            return
        drawn = fit(plane.latent.image_shape, *PICTURE)
        shown = np.flatnonzero(of_shown_classes(plane.latent.labels, self._view.hidden))
        points = plane.latent.points[shown]
        size = self._view.plot_size
        extent = self._view.view.extent(*size)
        peaks = density_peaks(points, extent, size, (drawn.rows, drawn.columns))
        if not peaks:
            return
        numbers = shown[[number for _, _, number in peaks]]
        reply = await self._screen.ask("gather", {"numbers": numbers}, reconstructed=0)
        if reply is None:
            return
        if not reply.header["total"]:
            self.thumbnails = False
            run = self._screen.run_shown
            raise BadInput(not_here(run.config.data if run else "the data set"))
        images = reply.arrays["images"]
        fitting = fit(ImageShape(*images.shape[1:]), *PICTURE)
        small = coarse(shrink(images, fitting)).repeat(drawn.scale, 2).repeat(drawn.scale, 3)
        self._view.place(
            [
                Placed(row, column, image)
                for (row, column, _), image in zip(peaks, small, strict=True)
            ]
        )
