"""Navigate: walk the latent plane while the image at the crosshair is decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.protocol import Packet
from aetui.runs.directory import RunIdentity
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.crosshair import CROSSHAIR_BINDINGS, CrosshairScreen
from aetui.tui.screens.navigate_text import Position, readout_lines
from aetui.tui.screens.nearest_images import NearestLookup
from aetui.tui.screens.plane_screen import PLANE_BINDINGS
from aetui.tui.screens.walking import STRIP_ROWS, WALK_BINDINGS
from aetui.tui.widgets.filmstrip import Filmstrip
from aetui.tui.widgets.image_grid import Images, fit, shrink
from aetui.tui.widgets.legend import Legend
from aetui.tui.widgets.nearest import NearestImages
from aetui.tui.widgets.neighbours import Neighbourhood, Neighbours
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.readout import Readout
from aetui.tui.widgets.room import Room

INFO_ROWS: Final = 6
MAP_COLUMNS: Final = 40  # the map keeps at least so many beside a larger image
LIST_COLUMNS: Final = 19
DECODE_WAIT: Final = 0.03  # seconds that the crosshair waits for the image
STAND_IN_AFTER: Final = 0.25  # seconds more until the nearest stored image stands in for it


class NavigateScreen(CrosshairScreen):
    """The decoded image, large, beside a map with a crosshair."""

    CSS_PATH = ["plane.tcss", "navigate.tcss"]
    NAME = "navigate"
    SMALLEST = (60, 15)
    BINDINGS = [
        *CROSSHAIR_BINDINGS,
        *WALK_BINDINGS,
        *PLANE_BINDINGS,
        Binding("i", "nearest", "Nearest images", show=False),
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._neighbours: Neighbours | None = None
        self._near: Neighbourhood | None = None  # of the crosshair
        self._decoded_for: tuple[object, ...] | None = None
        self._exact_for: RunIdentity | None = None  # the run of which an image was decoded
        self._stands_in = False  # the image shown is the nearest stored one

    def body(self) -> Iterable[Widget]:
        """The image with its readout, the map, and the names of the classes."""
        with Room(id="content"):
            with Vertical(id="here"):
                yield PixelView(ink=self.services.profile.ink, id="image")
                yield Readout(id="readout")
            with Vertical(id="beside"):
                yield PlaneView(id="map")
                yield NearestImages(ink=self.services.profile.ink, id="nearest")
                yield Filmstrip(ink=self.services.profile.ink, rows=STRIP_ROWS, id="strip")
            with Vertical(id="lists"):
                yield Legend(id="legend")
                yield Readout(id="other-axes")
        yield Static(id="empty")

    def on_mount(self) -> None:
        self._nearest = NearestLookup(self, self.query_one(NearestImages))
        self.run_task(self._follow(), "walk")

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        says = "Those of the data set with the nearest codes, shown or hidden (i)"
        yield "Nearest images", says, self.action_nearest

    def action_nearest(self) -> None:
        """Show or hide the images of the data set that are nearest to the crosshair."""
        self._nearest.toggle()

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
        self.set_class(self._others.count > 0, "-deep")
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
        self._nearest.refresh()
        self._moved.set()

    def _room(self) -> tuple[int, int]:
        """(columns, rows) that the image may take."""
        columns, rows = self.room
        beside = MAP_COLUMNS + (LIST_COLUMNS if self.query_one("#lists").display else 0)
        return columns - beside, rows - INFO_ROWS - (self._others.count > 0)

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
            self._nearest.note_move()

    async def _decode(self) -> None:
        """Show image, crosshair and readout in one frame; without the image where it is slow."""
        run = self.run_shown
        if run is None:
            return
        plane = self.query_one(PlaneView)
        if self.is_held:  # the weights of an earlier epoch are gone
            plane.aim(self._x, self._y)
            plane.reveal()
            self._near = self._neighbours_here()
            self._show_stand_in()
            return
        decoding = asyncio.ensure_future(self.ask("decode", {"z": self.code}))
        await asyncio.sleep(0)  # the request is on its way; what follows is drawn meanwhile
        plane.aim(self._x, self._y)
        self._near = self._neighbours_here()
        waits = DECODE_WAIT if self._exact_for == run.identity else 0
        answered, _ = await asyncio.wait([decoding], timeout=waits)
        plane.reveal()
        if answered:
            self._show_reply(run, decoding.result())
        else:  # torch may still be loading: walk on without it
            self.run_task(self._show_late(run, decoding), "late images")
        self.show_readout()

    def _neighbours_here(self) -> Neighbourhood | None:
        return self._neighbours.at(self.code[0]) if self._neighbours is not None else None

    async def _show_late(self, run: RunSnapshot, decoding: asyncio.Task[Packet | None]) -> None:
        """Show the nearest stored image for now, then the reply."""
        if self._exact_for == run.identity:
            answered, _ = await asyncio.wait([decoding], timeout=STAND_IN_AFTER)
            if not answered:
                self._show_stand_in()
        else:
            self._show_stand_in()
        self._show_reply(run, await decoding)
        self.show_readout()

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
            self._show_image(self.plane.latent.stored_at(self.code)[0])
        self.show_readout()

    def show_readout(self) -> None:
        note = "nearest scanned image" if self._stands_in else self.walk_text()
        position = Position(
            self._others.basis.plane_names,
            (self._x, self._y),
            self._step.value,
            note,
            self._stands_in,
        )
        other = self._others.line() if self._others.count else None
        lines = readout_lines(position, self._near, self.marks, self.film_text(), other)
        self.query_one("#readout", Readout).show(lines)
        self._show_axes_list()

    def _show_axes_list(self) -> None:
        listed = self.query_one("#other-axes", Readout)
        if self._others.count and self.query_one("#lists").display:
            listed.show(self._others.lines(listed.size.height))
