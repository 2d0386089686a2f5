"""Follows the cursor of Scatter: where it is, and what its card says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.protocol import Packet
from aetui.runs.directory import RunIdentity
from aetui.runs.latent_map import LatentMap
from aetui.tui.screens.plane_screen import PlaneScreen
from aetui.tui.screens.scatter_beside import MapBeside
from aetui.tui.screens.scatter_errors import ErrorTable
from aetui.tui.screens.scatter_text import HELD, Figures, figure_lines, not_here
from aetui.tui.widgets.card import Card, Explanation
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.snap import nearest_codes, nearest_to, nearest_towards, of_shown_classes

NEAREST: Final = 6  # images beside the one under the cursor
ANSWER_WAIT: Final = 0.05  # seconds that the crosshair waits for the card
LOADING_AFTER: Final = 0.3  # seconds more until the card says what it waits for
Code = NDArray[np.float32]
"""[latent_dim]."""
LOADING: Final = "Reading the model and the test images …"


class Inspector:
    """One for the screen. The newest place of the cursor takes the place of those before."""

    def __init__(
        self,
        screen: PlaneScreen,
        view: ExploreView,
        card: Card,
        errors: ErrorTable,
        beside: MapBeside,
    ) -> None:
        self._beside = beside
        self._screen, self._view, self._card, self._errors = screen, view, card, errors
        self.number: int | None = None  # of the test image under the cursor
        self._beyond: Code | None = None  # the code of one that the map does not hold
        self._figures: Figures | None = None
        self._on_run: RunIdentity | None = None
        self._changed = asyncio.Event()

    @property
    def point(self) -> tuple[float, float] | None:
        """Where the cursor is on the plane."""
        plane = self._screen.plane
        if plane is None or self.number is None:
            return None
        return self._place(plane.latent, self._code(plane.latent, self.number))

    @property
    def code(self) -> Code | None:
        """The code of the image under the cursor."""
        plane = self._screen.plane
        if plane is None or self.number is None:
            return None
        return self._code(plane.latent, self.number)

    @property
    def label(self) -> int | None:
        """The class of the image under the cursor, as far as it is known."""
        return self._figures.label if self._figures is not None else None

    def _code(self, latent: LatentMap, number: int) -> Code:
        if number < len(latent.codes):
            code: Code = latent.codes[number]
            return code
        assert self._beyond is not None
        return self._beyond

    @staticmethod
    def _place(latent: LatentMap, code: Code) -> tuple[float, float]:
        x, y = latent.basis.points(code[None])[0].tolist()
        return x, y

    def show_map(self, plane: PlaneMap, hidden: frozenset[int]) -> None:
        """Another map is shown, or other classes: keep to the image, where it is still there."""
        is_other = self._on_run != plane.identity
        self._on_run = plane.identity
        if is_other or self.number is None or self._beyond is not None:
            self.number = self._beyond = None
            middle = np.median(plane.latent.points, axis=0).tolist()
            self.snap_to((middle[0], middle[1]), hidden)
        elif self.number < len(plane.latent.labels):
            if int(plane.latent.labels[self.number]) in hidden and self.point is not None:
                self.snap_to(self.point, hidden)
            else:
                self._changed.set()

    def refresh(self) -> None:
        """The weights are others."""
        self._changed.set()

    def link(self) -> None:
        """The map beside is another, or has just come."""
        self._beside.aim(self.number)

    def step(self, way: tuple[int, int], hidden: frozenset[int]) -> None:
        """To the nearest code on that side (right, up)."""
        plane, point = self._screen.plane, self.point
        if plane is None or point is None:
            return
        latent = plane.latent
        shown = of_shown_classes(latent.labels, hidden)
        found = nearest_towards(latent.points, shown, point, way, self._view.view)
        if found is not None:
            self.put(found)

    def snap_to(self, place: tuple[float, float], hidden: frozenset[int]) -> None:
        """To the code that is nearest to a place on the plane."""
        if (plane := self._screen.plane) is not None:
            shown = of_shown_classes(plane.latent.labels, hidden)
            found = nearest_to(plane.latent.points, shown, place)
            if found is not None:
                self.put(found)

    def put(self, number: int) -> None:
        """To a test image that the map holds."""
        self.number, self._beyond = number, None
        if (point := self.point) is not None:
            self._view.bring(*point)
        self._changed.set()

    def put_beyond(self, number: int, z_mean: Code) -> None:
        """To a test image that the map does not hold."""
        self.number, self._beyond = number, z_mean
        if (point := self.point) is not None:
            self._view.bring(*point)
        self._changed.set()

    async def follow(self) -> None:
        """Show whatever the cursor is on, always the newest."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._show()

    async def _show(self) -> None:
        """Crosshair and card in one frame; without the card where it is slow."""
        plane, run, number = self._screen.plane, self._screen.run_shown, self.number
        if plane is None or run is None or number is None:
            return
        latent = plane.latent
        code = self._code(latent, number)
        near = [one for one in nearest_codes(latent.codes, code, NEAREST + 1) if one != number]
        numbers = np.array([number, *near[:NEAREST]], np.int64)
        gathering = self._screen.ask("gather", {"numbers": numbers}, reconstructed=1, lane="card")
        asking = asyncio.ensure_future(gathering)
        label = int(latent.labels[number]) if number < len(latent.labels) else self.label or 0
        names = latent.basis.plane_names
        self._figures = Figures(number, label, names, self._place(latent, code))
        answered, _ = await asyncio.wait([asking], timeout=ANSWER_WAIT)
        if answered:
            self._take(run, plane, number, asking.result())
        else:
            self._draw()
            self._screen.run_task(self._show_late(run, plane, number, asking), "late card")

    async def _show_late(
        self,
        run: RunSnapshot,
        plane: PlaneMap,
        number: int,
        asking: asyncio.Task[Packet | None],
    ) -> None:
        answered, _ = await asyncio.wait([asking], timeout=LOADING_AFTER)
        if not answered and number == self.number:
            self._card.explain_absence(LOADING)
        self._take(run, plane, number, await asking)

    def _take(self, run: RunSnapshot, plane: PlaneMap, number: int, reply: Packet | None) -> None:
        """Show a reply, unless the cursor has left the image or the map is another."""
        now, figures = self._screen.plane, self._figures
        if figures is None or number != self.number or now is None or now.key != plane.key:
            return
        if reply is None:
            self._draw()
        elif not reply.header["total"]:
            self._card.explain_absence(not_here(run.config.data))
            self._draw()
        else:
            self._explain(run, now.latent, figures, reply)

    def _explain(
        self, run: RunSnapshot, latent: LatentMap, figures: Figures, reply: Packet
    ) -> None:
        arrays, held = reply.arrays, self._screen.is_held
        figures = replace(figures, label=int(arrays["labels"][0]))
        if not held:  # else its weights are gone
            figures = replace(
                figures,
                place=self._place(latent, arrays["z_mean"][0]),
                sigma=latent.basis.plane_sigma(arrays["sigma"][0]) if "sigma" in arrays else None,
                error=float(arrays["errors"][0]),
            )
        self._figures = figures
        reconstruction = None if held else arrays["reconstructions"][0]
        images = arrays["images"]
        found = Explanation(images[0], reconstruction, images[1:])
        self._card.show(found, HELD if held else "")
        self._draw()
        if not self._errors.is_of(run):
            self._screen.run_task(self._errors.learn(run), "errors", newest=True)

    def _draw(self) -> None:
        """Crosshair or rings, and the figures."""
        point, figures = self.point, self._figures
        if point is None or figures is None:
            return
        self._view.aim(*point, figures.sigma)
        self._view.reveal()
        self._beside.aim(self.number)
        self.show_figures()

    def show_figures(self) -> None:
        """Show the figures with the rank as it is known now."""
        figures = self._figures
        if figures is None:
            return
        worse = None if figures.error is None else self._errors.known.share_worse(figures.error)
        lines = figure_lines(figures, worse, self._screen.marks, self._view.view.column)
        self._card.say(lines)
