"""Navigate: walk the latent plane while the image at the crosshair is decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import numpy as np
from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.protocol import Packet
from aetui.runs.directory import RunIdentity
from aetui.tui.screens.base import Services
from aetui.tui.screens.navigate_text import Position, readout_lines
from aetui.tui.screens.plane_screen import FILM_BINDINGS
from aetui.tui.screens.routes import Floats
from aetui.tui.screens.step_size import StepSize
from aetui.tui.screens.walking import STRIP_ROWS, WALK_BINDINGS, WalkingScreen
from aetui.tui.widgets.filmstrip import Filmstrip
from aetui.tui.widgets.image_grid import Images, fit, shrink
from aetui.tui.widgets.legend import Legend
from aetui.tui.widgets.neighbours import Neighbours
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane import decimals
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.readout import Readout
from aetui.tui.widgets.room import Room

FAR: Final = 5  # steps that a far step takes
INFO_ROWS: Final = 6
MAP_COLUMNS: Final = 40  # the map keeps at least so many beside a larger image
LEGEND_COLUMNS: Final = 19
DECODE_WAIT: Final = 0.03  # seconds that the crosshair waits for the image
STAND_IN_AFTER: Final = 0.25  # seconds more until the nearest stored image stands in for it


class NavigateScreen(WalkingScreen):
    """The decoded image, large, beside a map with a crosshair."""

    NAME = "navigate"
    SMALLEST = (60, 15)
    BINDINGS = [
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
        *WALK_BINDINGS,
        *FILM_BINDINGS,
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._step = StepSize()
        self._placed_for: RunIdentity | None = None  # the run on whose plane the crosshair is
        self._neighbours: Neighbours | None = None
        self._decoded_for: tuple[object, ...] | None = None
        self._exact_for: RunIdentity | None = None  # the run of which an image was decoded
        self._stands_in = False  # the image shown is the nearest stored one
        self._moved = asyncio.Event()

    def body(self) -> Iterable[Widget]:
        """The image with its readout, the map, and the names of the classes."""
        with Room(id="content"):
            with Vertical(id="here"):
                yield PixelView(ink=self.services.profile.ink, id="image")
                yield Readout(id="readout")
            with Vertical(id="beside"):
                yield PlaneView(id="map")
                yield Filmstrip(ink=self.services.profile.ink, rows=STRIP_ROWS, id="strip")
            yield Legend(id="legend")
        yield Static(id="empty")

    def on_mount(self) -> None:
        self.run_task(self._follow(), "walk")

    def go_to(self, x: float, y: float) -> None:
        """Move the crosshair to that point of the plane, by hand."""
        self.move_to(x, y)
        if self.is_mounted:
            self.walked()

    def move_to(self, x: float, y: float) -> None:
        if self.is_mounted:
            self.query_one(PlaneView).leave(self._x, self._y)
        digits = decimals(self._step.value) + 2
        self._x, self._y = round(x, digits), round(y, digits)
        plane = self.services.snapshot().plane  # this screen may not have been shown yet
        self._placed_for = plane.identity if plane is not None else None
        if self.is_mounted:
            self._moved.set()

    def show_plane(self, run: RunSnapshot, before: PlaneMap | None) -> None:
        wanted = run.identity, run.checkpoint, self.plane and self.plane.key, self.is_held
        if wanted == self._decoded_for:
            return
        self._decoded_for = wanted
        if self.plane is not None and (before is None or before.key != self.plane.key):
            self._show_map(self.plane)
        self._moved.set()

    def forget_plane(self) -> None:
        self._decoded_for = self._exact_for = self._neighbours = None

    def _show_map(self, plane: PlaneMap) -> None:
        latent = plane.latent
        self.meet_plane(plane)
        self._neighbours = Neighbours(latent)
        if self._placed_for != plane.identity and not latent.is_near(self._x, self._y):
            self.go_to(*self._home)
        self._placed_for = plane.identity
        self._step.fit(plane)
        marks = self.marks
        legend = self.query_one(Legend)
        legend.show(marks, latent.labels, legend.hidden)
        self.set_class(marks.are_names, "-nameless")
        self.query_one(PlaneView).show(latent.points, latent.labels, marks, legend.hidden)

    @on(Legend.Chosen)
    def _show_classes(self) -> None:
        if self.plane is not None:
            self._show_map(self.plane)

    @on(Room.Resized)
    def _fit_image(self) -> None:
        self._moved.set()

    def _room(self) -> tuple[int, int]:
        """(columns, rows) that the image may take."""
        columns, rows = self.room
        legend = self.query_one(Legend)
        beside = MAP_COLUMNS + (LEGEND_COLUMNS if legend.display else 0)
        return columns - beside, rows - INFO_ROWS

    def _show_image(self, image: Images) -> None:
        """[C, H, W], as large as fits."""
        drawn = fit(ImageShape(*image.shape), *self._room())
        self.query_one("#image", PixelView).show(shrink(image, drawn), drawn.scale)

    async def _follow(self) -> None:
        """Decode the crosshair's point whenever it has moved: one at a time, always the newest."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self._decode()

    async def _decode(self) -> None:
        """Show image, crosshair and readout in one frame; without the image where it is slow."""
        run = self.run_shown
        if run is None:
            return
        plane = self.query_one(PlaneView)
        if self.is_held:  # the weights of an earlier epoch are gone
            plane.aim(self._x, self._y)
            plane.reveal()
            self._show_stand_in()
            return
        decoding = asyncio.ensure_future(self.ask("decode", {"z": self._code()}))
        await asyncio.sleep(0)  # the request is on its way; what follows is drawn meanwhile
        plane.aim(self._x, self._y)
        waits = DECODE_WAIT if self._exact_for == run.identity else 0
        answered, _ = await asyncio.wait([decoding], timeout=waits)
        plane.reveal()
        if answered:
            self._show_reply(run, decoding.result())
        else:  # torch may still be loading: walk on without it
            self.run_task(self._show_late(run, decoding), "late images")
        self._show_readout()

    async def _show_late(self, run: RunSnapshot, decoding: asyncio.Task[Packet | None]) -> None:
        """Show the nearest stored image for now, then the reply."""
        if self._exact_for == run.identity:
            answered, _ = await asyncio.wait([decoding], timeout=STAND_IN_AFTER)
            if not answered:
                self._show_stand_in()
        else:
            self._show_stand_in()
        self._show_reply(run, await decoding)
        self._show_readout()

    def _show_reply(self, run: RunSnapshot, reply: Packet | None) -> None:
        """None is a reply that a newer request has overtaken."""
        current = self.run_shown
        if reply is None or self.is_held or current is None or current.identity != run.identity:
            return
        self._exact_for, self._stands_in = run.identity, False
        self._show_image(reply.arrays["images"][0])

    def _show_stand_in(self) -> None:
        """Show the image of the stored plane that is nearest to the crosshair."""
        if self.plane is not None:
            self._stands_in = True
            xs, ys = np.array([self._x], np.float32), np.array([self._y], np.float32)
            self._show_image(self.plane.latent.scanned(xs, ys)[0, 0])
        self._show_readout()

    @property
    def copied_point(self) -> tuple[float, float]:
        return self._x, self._y

    @property
    def walk_step(self) -> float:
        return self._step.value

    def codes_at(self, points: Floats) -> Floats:
        if self.plane is not None:
            return self.plane.latent.codes_at(points)
        z = np.zeros((len(points), self._latent_dim()), np.float32)
        z[:, list(self._axes())] = points
        return z

    def _code(self) -> Floats:
        """The crosshair's point in the latent space, [1, latent_dim]."""
        return self.codes_at(np.array([[self._x, self._y]], np.float32))

    def _latent_dim(self) -> int:
        if self.plane is not None:
            return int(self.plane.latent.codes.shape[1])
        run = self.run_shown
        value = run.config.hyperparameters.options.get("latent_dim") if run else None
        return value if isinstance(value, int) else 2

    def _axes(self) -> tuple[int, int]:
        return self.plane.latent.axes if self.plane is not None else (0, 1)

    def show_walk(self) -> None:
        self._show_readout()

    def _show_readout(self) -> None:
        note = "nearest scanned image" if self._stands_in else self.walk_text()
        position = Position(
            self._axes(),
            self._latent_dim(),
            (self._x, self._y),
            self._step.value,
            note,
            self._stands_in,
        )
        near = self._neighbours.at(self._code()[0]) if self._neighbours is not None else None
        lines = readout_lines(position, near, self.marks, self.film_text())
        self.query_one(Readout).show(lines)

    def action_step(self, right: int, up: int) -> None:
        self.services.guide.note("walk")
        self.go_to(self._x + right * self._step.value, self._y + up * self._step.value)

    def action_stride(self, direction: int) -> None:
        """A bigger or a smaller step: 1, 2 or 5 times a power of ten."""
        if self._step.change(direction, self.plane):
            self._show_readout()

    @property
    def _home(self) -> tuple[float, float]:
        """The origin, or the middle of a plane that is far from it."""
        if self.plane is None:
            return 0.0, 0.0
        if self.plane.latent.is_near(0, 0):
            return 0.0, 0.0
        left, right, bottom, top = self.plane.latent.extent
        return (left + right) / 2, (bottom + top) / 2

    def action_origin(self) -> None:
        self.go_to(*self._home)
