"""Manifold: the latent plane scanned at regular intervals, each point decoded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.directory import RunIdentity
from aetui.tui.messages import OpenPoint, SaveFigure
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.plane_screen import FILM_BINDINGS, PlaneScreen
from aetui.tui.widgets.image_grid import Images, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane import coordinate, decimals
from aetui.tui.widgets.room import Room
from aetui.tui.widgets.scan import Scan, lay_out, x_axis, y_axis

SIDES: Final = (14, 20, 28, 10)  # pixels of an image's shorter side, as the key goes through them
LINES: Final = 2  # rows that the horizontal axis and the point below it take
GUTTER: Final = 7  # columns left of the images, for the numbers of the vertical axis
NO_IMAGES: Final = np.zeros((1, 1, 1, 1, 1), np.uint8)
Part = str | tuple[str, str]


class ManifoldScreen(PlaneScreen):
    """As many decoded images as fit, and a cursor over them."""

    NAME = "manifold"
    BINDINGS = [
        Binding("left,h", "move(-1,0)", "Move", key_display="←↓↑→"),
        Binding("right,l", "move(1,0)", show=False),
        Binding("up,k", "move(0,-1)", show=False),
        Binding("down,j", "move(0,1)", show=False),
        Binding("enter", "open", "Walk here", key_display="⏎"),
        Binding("z", "size", "Image size"),
        *FILM_BINDINGS,
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._side = 0  # index into SIDES
        self._scan: Scan | None = None
        self._cursor = (0, 0)  # (column, row)
        self._images: Images = NO_IMAGES  # [rows, columns, C, H, W]
        self._exact_for: tuple[object, ...] | None = None  # what the images were decoded for
        self._shown: RunIdentity | None = None

    def body(self) -> Iterable[Widget]:
        """The scanned plane between its axes, and a line that says where the cursor is."""
        with Room(id="content"):
            with Horizontal(id="scan"):
                yield Static(id="y-axis")
                yield PixelView(ink=self.services.profile.ink, id="tiles")
            yield Static(id="x-axis")
            yield Static(id="where")
        yield Static(id="empty")

    def show_plane(self, run: RunSnapshot, before: PlaneMap | None) -> None:
        if self.plane is None:
            self.show_placeholder(self.empty_text())
        elif self._scan is None or self._shown != self.plane.identity:
            self._shown = self.plane.identity
            self._lay_out()
        elif before is None or (before.key, before.held) != (self.plane.key, self.plane.held):
            self._scan_plane()
        elif self._exact_for != self._wanted():
            self._decode()

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        yield (
            "Image size",
            "More and smaller images, or fewer and larger ones (z)",
            self.action_size,
        )

    def forget_plane(self) -> None:
        self._scan = self._shown = self._exact_for = None

    @on(Room.Resized)
    def _lay_out(self) -> None:
        """Choose how many images of what size, and put the cursor into their middle."""
        columns, rows = self.room
        if self.plane is None or not rows:
            return
        room, shape = (columns - GUTTER, rows - LINES), self.plane.latent.image_shape
        self._scan = lay_out(shape, SIDES[self._side], room, self.plane.latent.extent)
        self._cursor = self._scan.columns // 2, self._scan.rows // 2
        self._scan_plane()

    def _scan_plane(self) -> None:
        """Show the nearest stored images at once, and those decoded as soon as they are there."""
        assert self.plane is not None
        assert self._scan is not None
        self._exact_for = None
        self._images = self.plane.latent.scanned(self._scan.xs, self._scan.ys)
        self.query_one("#y-axis", Static).update(y_axis(self._scan, GUTTER))
        self.query_one("#x-axis", Static).update(" " * GUTTER + x_axis(self._scan))
        self._draw()
        self._decode()

    def _decode(self) -> None:
        if not self.is_held:  # the weights of an earlier epoch are gone
            self.run_task(self._ask_for_images(), "scan")

    def _wanted(self) -> tuple[object, ...]:
        """What the exact images depend on."""
        run = self.run_shown
        assert self.plane is not None
        return self.plane.key, run.checkpoint if run is not None else None, self._scan

    async def _ask_for_images(self) -> None:
        if self.plane is None or self._scan is None:
            return
        latent, scan, wanted = self.plane.latent, self._scan, self._wanted()
        reply = await self.ask("decode", {"z": latent.codes_at(scan.points)})
        if reply is None or self.plane is None or self.is_held or self._wanted() != wanted:
            return
        images = reply.arrays["images"]
        self._images = images.reshape(scan.rows, scan.columns, *images.shape[1:])
        self._exact_for = wanted
        self._draw()

    def _draw(self) -> None:
        if self._scan is None:
            return
        drawn = self._scan.drawn
        self.query_one(PixelView).show_grid(shrink(self._images, drawn), scale=drawn.scale)
        self._draw_cursor()

    def _draw_cursor(self) -> None:
        if self._scan is None or self.plane is None:
            return
        column, row = self._cursor
        self.query_one(PixelView).frame((row, column), self._scan.drawn)
        first, second = self.plane.latent.axes
        x, y = self._point(self._scan)
        digits = decimals(self._scan.step)
        parts: list[Part] = [
            (f"z{first} ", "$foreground-muted"),
            (coordinate(x, digits), "bold $accent"),
            (f"  z{second} ", "$foreground-muted"),
            (coordinate(y, digits), "bold $accent"),
            (f"   {self._scan.rows} x {self._scan.columns} points, ", "$foreground-muted"),
            (self.film_text(), "$foreground-muted"),
        ]
        if self._exact_for is None:
            parts.append(("   nearest scanned images", "$warning"))
        self.query_one("#where", Static).update(Content.assemble(*parts), layout=False)

    def figure(self) -> SaveFigure | None:
        return self.plane_figure("manifold")

    @property
    def copied_point(self) -> tuple[float, float] | None:
        return None if self._scan is None else self._point(self._scan)

    def _point(self, scan: Scan) -> tuple[float, float]:
        """The plane's point under the cursor."""
        return float(scan.xs[self._cursor[0]]), float(scan.ys[self._cursor[1]])

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor by images."""
        if self._scan is not None:
            column, row = self._cursor[0] + right, self._cursor[1] + down
            column = min(self._scan.columns - 1, max(0, column))
            self._cursor = column, min(self._scan.rows - 1, max(0, row))
            self._draw_cursor()

    def action_open(self) -> None:
        """Continue in the navigator, from the cursor."""
        if self._scan is not None:
            self.post_message(OpenPoint(*self._point(self._scan)))

    def action_size(self) -> None:
        """The next size of images."""
        self._side = (self._side + 1) % len(SIDES)
        self._lay_out()
