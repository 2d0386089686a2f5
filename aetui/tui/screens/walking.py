"""Walks over the plane that play by themselves: to a mark and back, or from class to class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.actions import SkipAction
from textual.binding import Binding
from textual.timer import Timer

from aetui.processes.snapshots import PlaneMap
from aetui.tui.messages import ErrorMessage, SaveFigure
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.plane_screen import PlaneScreen
from aetui.tui.screens.routes import (
    FIRST_SPEED,
    SPEEDS,
    Floats,
    Route,
    Walk,
    class_centres,
    there_and_back,
    tour,
)
from aetui.tui.widgets.filmstrip import Filmstrip
from aetui.tui.widgets.legend import Legend
from aetui.tui.widgets.plane_view import PlaneView

STRIP_ROWS: Final = 5  # of an image of the strip
STRIP_AFTER: Final = 0.4  # seconds that the crosshair rests before the path from it is decoded
WALK_BINDINGS: Final = (
    Binding("a", "mark", "Mark", key_display="a"),
    Binding("g", "walk", "Walk to mark"),
    Binding("v", "tour", "Tour"),
    Binding("space", "pause", "Pause the walk, or end it", show=False),
    Binding("escape", "end_walk", show=False),
    Binding("less_than_sign", "speed(-1)", "Slower, faster", show=False),
    Binding("greater_than_sign", "speed(1)", show=False),
)


class WalkingScreen(PlaneScreen):
    """Knows where the crosshair is, where the mark, and plays walks."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._x = 0.0
        self._y = 0.0
        self._mark: tuple[float, float] | None = None
        self._marked_for: object = None  # the run and the axes on whose plane the mark is
        self._walk: Walk | None = None
        self._speed = FIRST_SPEED
        self._ticking: Timer | None = None
        self._resting: Timer | None = None

    @property
    def walk_step(self) -> float:
        """How far two points of a walk are from each other, in the units of the plane."""
        raise NotImplementedError

    def move_to(self, x: float, y: float) -> None:
        """Put the crosshair there."""
        raise NotImplementedError

    def codes_at(self, points: Floats) -> Floats:
        """The codes [N, latent_dim] of points [N, 2] of the plane."""
        raise NotImplementedError

    def show_readout(self) -> None:
        """Show the figures of the place, and what is being played."""
        raise NotImplementedError

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        yield "Mark", "Put the mark A here (a)", self.action_mark
        yield "Walk to mark", "The straight path to the mark and back (g)", self.action_walk
        yield "Tour", "Visit the centre of each class (v)", self.action_tour
        yield "Pause walk", "Stop the walk here, or go on (space)", self.action_pause
        yield "Faster walk", "More points a second (>)", lambda: self.action_speed(1)
        yield "Slower walk", "Fewer points a second (<)", lambda: self.action_speed(-1)
        yield "End walk", "End the walk, and take the mark away (esc)", self.action_end_walk

    def figure(self) -> SaveFigure | None:
        """The walk to the mark and back; without a mark, through the classes."""
        if self._mark is None:
            return self.plane_figure("walk")
        here = self._x, self._y
        codes = self.codes_at(np.array([here, self._mark, here], np.float32))
        way = ":".join(",".join(f"{value:.6g}" for value in code) for code in codes.tolist())
        return self.plane_figure("walk", f"--through={way}")

    def walk_text(self) -> str:
        """What is being played, in a few words."""
        walk = self._walk
        if walk is None:
            return "" if self._mark is None else "g walks to A"
        pace = "paused" if walk.paused else f"{SPEEDS[self._speed]}/s"
        return f"{walk.route.name} {walk.place + 1}/{len(walk.route.points)} · {pace}"

    def meet_plane(self, plane: PlaneMap) -> None:
        """Another plane has neither mark nor walk of this one."""
        if self._marked_for not in (None, _plane_of(plane)):
            self.end_walk()

    def action_mark(self) -> None:
        """Put the mark where the crosshair is."""
        self._stop_walk()
        self._mark = self._x, self._y
        self._marked_for = _plane_of(self.plane) if self.plane is not None else None
        self.query_one(PlaneView).mark(self._mark)
        self.show_readout()

    def action_walk(self) -> None:
        """Play the straight path from here to the mark, and back."""
        if self._mark is None:
            self.post_message(ErrorMessage("There is no mark yet: press a where it is to be."))
            return
        here, mark = self._here, np.array(self._mark, np.float32)
        self._set_out(there_and_back(here, mark, self.walk_step, self._stops))

    def action_tour(self) -> None:
        """Visit the centres of the classes that are shown, from here on."""
        if self.plane is None:
            return
        latent = self.plane.latent
        centres = class_centres(latent.points, latent.labels, self.query_one(Legend).hidden)
        if len(centres):
            self._set_out(tour(self._here, centres, self.walk_step))

    @property
    def _here(self) -> Floats:
        return np.array([self._x, self._y], np.float32)

    @property
    def _stops(self) -> int:
        assert self.plane is not None
        return max(2, self.query_one(Filmstrip).room_for(self.plane.latent.image_shape))

    def _set_out(self, route: Route) -> None:
        self._stop_walk()
        self._walk = Walk(route)
        self._tick_at_speed()
        self.run_task(self._show_strip(route), "strip", newest=True)

    def _tick_at_speed(self) -> None:
        if self._ticking is not None:
            self._ticking.stop()
        self._ticking = self.set_interval(1 / SPEEDS[self._speed], self._tick)

    def _tick(self) -> None:
        walk = self._walk
        if walk is None or walk.paused:
            return
        if not walk.advance():
            self._stop_walk()
            self.show_readout()
            return
        self.query_one(Filmstrip).mark(walk.stop)
        self.move_to(*walk.point)

    def action_pause(self) -> None:
        """Stop where the walk is, or go on. Without a walk, begin one where there is a mark."""
        if self._walk is None:
            if self._mark is not None:
                self.action_walk()
            return
        self._walk.paused = not self._walk.paused
        self.show_readout()

    def action_speed(self, direction: int) -> None:
        self._speed = min(len(SPEEDS) - 1, max(0, self._speed + direction))
        if self._walk is not None:
            self._tick_at_speed()
        self.show_readout()

    def action_end_walk(self) -> None:
        """End the walk, then take the mark away."""
        if self._walk is None and self._mark is None:
            raise SkipAction
        if self._walk is not None:
            self._stop_walk()
            self.show_readout()
        else:
            self.end_walk()

    def end_walk(self) -> None:
        """No walk, no mark, no strip."""
        self._stop_walk()
        self._mark = self._marked_for = None
        self.query_one(PlaneView).mark(None)
        self.query_one(Filmstrip).hide()
        self.show_readout()

    def _stop_walk(self) -> None:
        self._walk = None
        if self._ticking is not None:
            self._ticking.stop()
            self._ticking = None
        self.query_one(Filmstrip).mark(None)

    def walked(self) -> None:
        """The crosshair was moved by hand: a walk ends, and the path to the mark is another."""
        if self._walk is not None:
            self._stop_walk()
        if self._mark is not None:
            if self._resting is not None:
                self._resting.stop()
            self._resting = self.set_timer(STRIP_AFTER, self._show_path)

    def _show_path(self) -> None:
        if self._mark is None or self._walk is not None or self.plane is None:
            return
        mark = np.array(self._mark, np.float32)
        route = there_and_back(self._here, mark, self.walk_step, self._stops)
        self.run_task(self._show_strip(route), "strip", newest=True)

    async def _show_strip(self, route: Route) -> None:
        """Decode the stops of a route; from the stored plane where the weights are gone."""
        if self.plane is None:
            return
        latent = self.plane.latent
        if self.is_held:
            images = latent.stored_at(self.codes_at(route.stops))
        else:
            reply = await self.ask("decode", {"z": self.codes_at(route.stops)}, lane="strip")
            if reply is None:
                return
            images = reply.arrays["images"]
        self.query_one(Filmstrip).show(route.name, images)

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        if self._walk is not None:
            self._walk.paused = True


def _plane_of(plane: PlaneMap) -> tuple[object, ...]:
    """Which plane of which run a map shows, after whatever epoch."""
    return plane.identity, plane.latent.basis.plane_names
