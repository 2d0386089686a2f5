"""The crosshair of Navigate: where it is on the plane and beside it, and the keys that move it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.binding import Binding

from aetui.processes.snapshots import PlaneMap
from aetui.runs.directory import RunIdentity
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.other_axes import OtherAxes, plain_basis
from aetui.tui.screens.routes import Floats
from aetui.tui.screens.step_size import StepSize
from aetui.tui.screens.walking import WalkingScreen
from aetui.tui.widgets.plane import decimals
from aetui.tui.widgets.plane_view import PlaneView

FAR: Final = 5  # steps that a far step takes
CROSSHAIR_BINDINGS: Final = (
    Binding("left,h", "step(-1,0)", "Step", key_display="←↓↑→"),
    Binding("right,l", "step(1,0)", show=False),
    Binding("up,k", "step(0,1)", show=False),
    Binding("down,j", "step(0,-1)", show=False),
    Binding("shift+left,H", f"step(-{FAR},0)", "5 steps", key_display="HJKL"),
    Binding("shift+right,L", f"step({FAR},0)", show=False),
    Binding("shift+up,K", f"step(0,{FAR})", show=False),
    Binding("shift+down,J", f"step(0,-{FAR})", show=False),
    Binding("plus,equals_sign", "stride(1)", "Step size", key_display="+-"),
    Binding("minus", "stride(-1)", show=False),
    Binding("0,home", "origin", "Origin", key_display="0"),
    Binding("z", "next_axis(1)", "Take another of the axes that are not shown", show=False),
    Binding("Z", "next_axis(-1)", show=False),
    Binding("pageup,right_square_bracket", "move_axis(1)", "Move along that axis", show=False),
    Binding("pagedown,left_square_bracket", "move_axis(-1)", show=False),
)


class CrosshairScreen(WalkingScreen):
    """Moves through the latent space: over the shown plane, and along the other axes."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._step = StepSize()
        self._placed_for: RunIdentity | None = None  # the run on whose plane the crosshair is
        self._others = OtherAxes()
        self._moved = asyncio.Event()

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        yield "Next axis", "Move along another axis than those shown (z)", self.action_next_axis
        yield "Axis up", "A step along that axis (page up)", self.action_move_axis
        yield "Axis down", "A step back along it (page down)", lambda: self.action_move_axis(-1)
        yield "Origin", "Every axis to 0 (0)", self.action_origin

    def go_to(self, x: float, y: float) -> None:
        """Move the crosshair to that point of the plane, by hand."""
        self.move_to(x, y)
        if self.is_mounted:
            self.walked()

    def go_to_code(self, code: Floats) -> None:
        if (plane := self._newest_plane()) is not None:
            self.go_to(*self._others.take(plane.latent.basis, code))

    def _newest_plane(self) -> PlaneMap | None:
        """The app's. This screen's may be older; it may not have been shown yet."""
        newest = self.services.snapshot()
        return newest.plane if newest is not None else None

    def move_to(self, x: float, y: float) -> None:
        if self.is_mounted:
            self.query_one(PlaneView).leave(self._x, self._y)
        digits = decimals(self._step.value) + 2
        self._x, self._y = round(x, digits), round(y, digits)
        plane = self._newest_plane()
        self._placed_for = plane.identity if plane is not None else None
        if self.is_mounted:
            self._moved.set()

    def meet_plane(self, plane: PlaneMap) -> None:
        """Stay at the same code where this is the same run; else at the same point."""
        latent, names = plane.latent, self._others.basis.plane_names
        if self._placed_for == plane.identity and self._others.fits(latent.basis):
            self._x, self._y = self._others.meet(latent.basis, (self._x, self._y))
        else:
            self._others.start(latent.basis, latent.home[2:])
        if latent.basis.plane_names != names:
            self.query_one(PlaneView).forget_trail()
        super().meet_plane(plane)
        if self._placed_for != plane.identity and not latent.is_near(self._x, self._y):
            self.go_to(*self._home)
        self._placed_for = plane.identity
        self._step.fit(plane)

    def codes_at(self, points: Floats) -> Floats:
        if self.plane is None and self._others.count != self._latent_dim - 2:
            basis = plain_basis(self._latent_dim)
            self._others.start(basis, basis.origin[2:])
        return self._others.codes_at(points)

    @property
    def _latent_dim(self) -> int:
        """Of a run without a map."""
        run = self.run_shown
        value = run.config.hyperparameters.options.get("latent_dim") if run else None
        return value if isinstance(value, int) else 2

    @property
    def code(self) -> Floats:
        """The crosshair's point in the latent space, [1, latent_dim]."""
        return self.codes_at(np.array([[self._x, self._y]], np.float32))

    @property
    def copied_point(self) -> tuple[float, float]:
        return self._x, self._y

    @property
    def walk_step(self) -> float:
        return self._step.value

    @property
    def _home(self) -> tuple[float, float]:
        """The origin, or the middle of codes that are far from it."""
        if self.plane is None:
            return 0.0, 0.0
        x, y = self.plane.latent.home[:2].tolist()
        return x, y

    def action_step(self, right: int, up: int) -> None:
        self.services.guide.note("walk")
        self.go_to(self._x + right * self._step.value, self._y + up * self._step.value)

    def action_stride(self, direction: int) -> None:
        """A bigger or a smaller step: 1, 2 or 5 times a power of ten."""
        if self._step.change(direction, self.plane):
            self.show_readout()

    def action_origin(self) -> None:
        """Back to where the walk began, along every axis."""
        if self.plane is not None:
            self._others.start(self.plane.latent.basis, self.plane.latent.home[2:])
        self.go_to(*self._home)

    def action_next_axis(self, direction: int = 1) -> None:
        """Choose which of the axes that are not shown is moved."""
        self._others.choose(direction)
        self.show_readout()

    def action_move_axis(self, direction: int = 1) -> None:
        """A step along the axis chosen: the plane is another then, parallel to this one."""
        self._others.move(direction * self._step.value)
        self.go_to(self._x, self._y)
