"""What Scatter shows of the plane: places that a person names, a part of it, some classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from aetui.errors import BadInput
from aetui.tui.messages import AskText, ErrorMessage
from aetui.tui.screens.base import Command
from aetui.tui.screens.plane_screen import PlaneScreen
from aetui.tui.screens.scatter_card import Inspector
from aetui.tui.screens.scatter_goto import MEANING, ClassLabel, ImageNumber, find_class, read_place
from aetui.tui.screens.scatter_text import not_here
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.legend import Legend

ZOOM: Final = 1.5
PAN: Final = 0.1  # of the width


class ScatterPlaces(PlaneScreen):
    """Has an inspector, which holds the cursor, and a legend."""

    _inspector: Inspector

    def commands(self) -> Iterable[Command]:
        yield (
            "Go to",
            "A class, a test image by its number, or coordinates (g)",
            self.action_go_to_place,
        )
        yield "Show class", "One that is hidden, by its name (u)", self.action_show_class
        yield "Only this class", "Hide all others (v)", self.action_only_class
        yield "All classes", "Hide none (a)", self.action_all_classes
        yield from super().commands()

    @property
    def copied_point(self) -> tuple[float, float] | None:
        return self._inspector.point

    @property
    def hidden(self) -> frozenset[int]:
        return self.query_one(Legend).hidden

    def action_go_to_place(self) -> None:
        if self.plane is not None:
            self.post_message(AskText("Go to", MEANING, self._go_to_text))

    def _go_to_text(self, text: str) -> None:
        try:
            place = read_place(text, self.marks)
        except BadInput as error:
            self.post_message(ErrorMessage(str(error)))
            return
        if isinstance(place, ImageNumber):
            self.run_task(self.go_to_image(place.number), "go to", newest=True)
        elif isinstance(place, ClassLabel):
            self._go_to_class(place.label)
        else:
            self._inspector.snap_to((place.x, place.y), self.hidden)

    def _go_to_class(self, label: int) -> None:
        """To the middle of a class."""
        if self.plane is None:
            return
        points = self.plane.latent.points[self.plane.latent.labels == label]
        if not len(points):
            text = f"No image of class {self.marks.name(label)} is on this map."
            self.post_message(ErrorMessage(text))
            return
        self._unhide(label)
        x, y = np.median(points, axis=0).tolist()
        others = self.query_one(Legend).all_but(label)
        self._inspector.snap_to((x, y), others)

    async def go_to_image(self, number: int) -> None:
        """To a test image, also to one that the map does not hold."""
        run, plane = self.run_shown, self.plane
        if run is None or plane is None:
            return
        count = len(plane.latent.labels)
        if number < count:
            self._unhide(int(plane.latent.labels[number]))
            self._inspector.put(number)
            return
        reply = await self.ask("gather", {"numbers": np.array([number])}, reconstructed=1)
        if reply is None:
            return
        if not reply.header["total"]:
            here = f"The map holds #0 to #{count - 1}."
            raise BadInput(f"{not_here(run.config.data)} {here}")
        self._inspector.put_beyond(number, reply.arrays["z_mean"][0])

    def _unhide(self, label: int) -> None:
        if label in self.hidden:
            self.query_one(Legend).choose(self.hidden - {label})

    def action_show_class(self) -> None:
        meaning = "The name of a class, or its character on the map."
        self.post_message(AskText("Show class", meaning, self._show_class))

    def _show_class(self, text: str) -> None:
        label = find_class(text, self.marks)
        if label is None:
            names = ", ".join(self.marks.names[:12])
            self.post_message(ErrorMessage(f"There is no class '{text[:40]}' here: {names}."))
        elif label in self.hidden:
            self._unhide(label)
        else:
            self.notify(f"Class {self.marks.name(label)} is shown already.", markup=False)

    def action_only_class(self) -> None:
        """The class that the legend's cursor is on, or that of the map's."""
        legend = self.query_one(Legend)
        if self.focused is legend:
            legend.action_only()
        elif self._inspector.label is not None:
            legend.choose(legend.all_but(self._inspector.label))

    def action_all_classes(self) -> None:
        self.query_one(Legend).action_all()

    def action_zoom(self, direction: int) -> None:
        """Closer or farther, about the cursor."""
        self.query_one(ExploreView).zoom(ZOOM**direction, self._inspector.point)

    def action_pan(self, right: int, down: int) -> None:
        plane = self.query_one(ExploreView)
        size = plane.size
        plane.view = plane.view.panned(right * size.width * PAN, down * size.height * PAN)

    def action_fit(self) -> None:
        """Show every point again."""
        self.query_one(ExploreView).view = None
