"""A second map on Scatter, of a marked run: the cursor is on the same test image in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from aetui.errors import printable
from aetui.processes.snapshots import PlaneMap, RunSnapshot, Snapshot
from aetui.terminal import Ink
from aetui.tui.screens.plane_screen import marks_of
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.snap import nearest_to, of_shown_classes

OTHER_IMAGES: Final = "of other test images: its cursor stays away"


class MapBeside(Vertical):
    """Hidden where no other run is marked, or a person does not want it."""

    @dataclass
    class Picked(Message):
        """This test image was clicked."""

        number: int

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ink = ink
        self.wanted = True
        self._plane: PlaneMap | None = None
        self._hidden: frozenset[int] = frozenset()
        self._is_linked = False
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(id="other-name")
        yield ExploreView(ink=self._ink, id="other-plane")

    def show(self, snapshot: Snapshot, own: PlaneMap | None, hidden: frozenset[int]) -> None:
        """Show the other map of the snapshot beside the screen's `own`."""
        plane = snapshot.beside if self.wanted else None
        run = _run_of(snapshot, plane)
        self.display = plane is not None and run is not None and own is not None
        self._plane = plane
        if plane is None or run is None or own is None:
            self._drawn = ()
            return
        self._hidden = hidden
        self._is_linked = np.array_equal(plane.latent.labels, own.latent.labels)
        if self._drawn != (drawn := (plane.key, own.key, hidden)):
            self._drawn = drawn
            latent, marks = plane.latent, marks_of(run, plane)
            self.query_one(Static).update(self._title(run, plane), layout=False)
            self.query_one(ExploreView).show(latent.points, latent.labels, marks, hidden)

    def _title(self, run: RunSnapshot, plane: PlaneMap) -> Content:
        rest = f"  epoch {plane.latent.epoch}" + ("" if self._is_linked else f", {OTHER_IMAGES}")
        return Content.assemble((printable(run.name, 24), "bold"), (rest, "$foreground-muted"))

    def aim(self, number: int | None) -> None:
        """Put the cursor on a test image."""
        view, plane = self.query_one(ExploreView), self._plane
        if (
            plane is None
            or not self._is_linked
            or number is None
            or number >= len(plane.latent.codes)
        ):
            view.aim_nowhere()
        else:
            view.aim(*plane.latent.points[number].tolist())
        view.reveal()

    @on(ExploreView.Moved)
    def _keep(self, event: ExploreView.Moved) -> None:
        event.stop()  # the screen means its own map

    @on(ExploreView.Pointed)
    def _pick(self, event: ExploreView.Pointed) -> None:
        event.stop()
        if self._plane is None or not self._is_linked:
            return
        latent = self._plane.latent
        shown = of_shown_classes(latent.labels, self._hidden)
        number = nearest_to(latent.points, shown, (event.x, event.y))
        if number is not None:
            self.post_message(self.Picked(number))


def _run_of(snapshot: Snapshot, plane: PlaneMap | None) -> RunSnapshot | None:
    """The run of which the map is."""
    if plane is None:
        return None
    return next((run for run in snapshot.compared if run.identity == plane.identity), None)
