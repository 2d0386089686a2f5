"""Manifold: the latent plane scanned at regular intervals, each point decoded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, Snapshot
from aetui.runs.latent_map import LatentMap
from aetui.tui.messages import OpenPoint
from aetui.tui.screens.base import ModeScreen, Services
from aetui.tui.widgets.image_grid import Pixels, shrink, tile, to_grey
from aetui.tui.widgets.pixel_view import PixelView

SCALES: Final = (0.5, 5 / 7, 1.0, 5 / 14)  # of an image's sides, as the key goes through them
FRAME: Final = 255  # brightness of the cursor's frame
Floats = NDArray[np.float32]


class ManifoldScreen(ModeScreen):
    """As many decoded images as fit, and a cursor over them."""

    NAME = "manifold"
    CAPABILITY = "plane"
    BINDINGS = [
        Binding("left,h", "move(-1,0)", "Move", key_display="←↓↑→"),
        Binding("right,l", "move(1,0)", show=False),
        Binding("up,k", "move(0,-1)", show=False),
        Binding("down,j", "move(0,1)", show=False),
        Binding("enter", "open", "Walk from here", key_display="⏎"),
        Binding("z", "size", "Image size"),
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._scale = 0  # index into SCALES
        self._cursor: tuple[int, int] | None = None  # (column, row)
        self._map: PlaneMap | None = None
        self._drawn_for: tuple[object, ...] | None = None
        self._images: Pixels = np.zeros((1, 1, 1, 1), np.uint8)  # [rows, columns, H, W]

    def body(self) -> Iterable[Widget]:
        """The scanned plane, and a line that says where the cursor is."""
        with Vertical(id="content"):
            yield PixelView(ink=self.services.profile.ink, id="tiles")
            yield Static(id="where")
        yield Static(id="empty")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_status()
        run = self.run_shown
        self._map = snapshot.plane
        if run is None or not run.has_checkpoint or self._map is None:
            self._drawn_for = self._cursor = None
            self.show_placeholder(self.empty_text())
        elif self._drawn_for != (run.checkpoint, self._map.key):
            if self._cursor is None:
                self.show_placeholder("Decoding the plane …")
            self._drawn_for = (run.checkpoint, self._map.key)
            self.refresh_plane()

    def on_resize(self) -> None:
        """Another number of images may fit."""
        super().on_resize()
        self._cursor = None
        self.refresh_plane()

    def refresh_plane(self) -> None:
        self.run_task(self._scan(), "scan")

    def _tile_size(self, latent: LatentMap) -> tuple[int, int]:
        """(height, width) of an image as it is drawn."""
        shape, scale = latent.image_shape, SCALES[self._scale]
        return max(4, round(shape.height * scale)), max(4, round(shape.width * scale))

    def _grid(self, latent: LatentMap) -> tuple[int, int]:
        """(rows, columns) of images that fit."""
        columns, rows = self.app.size
        height, width = self._tile_size(latent)
        return max(1, (rows - 3) * 2 // height), max(1, (columns - 2) // width)

    async def _scan(self) -> None:
        if self._map is None:
            return
        latent, asked_for = self._map.latent, self._map.key
        rows, columns = self._grid(latent)
        xs, ys = _scan_lines(latent, rows, columns)
        z = np.zeros((rows * columns, latent.codes.shape[1]), np.float32)
        first, second = latent.axes
        z[:, first] = np.tile(xs, rows)
        z[:, second] = np.repeat(ys, columns)
        reply = await self.ask("decode", {"z": z})
        if reply is None or self._map is None or self._map.key != asked_for:
            return
        if (rows, columns) == self._grid(latent):
            images = to_grey(reply.arrays["images"])
            self._images = images.reshape(rows, columns, *images.shape[1:])
            self.show_placeholder("")
            self._draw()

    def _draw(self) -> None:
        if self._map is None:
            return
        rows, columns = self._images.shape[:2]
        column, row = self._cursor or (columns // 2, rows // 2)
        self._cursor = min(column, columns - 1), min(row, rows - 1)
        height, width = self._tile_size(self._map.latent)
        picture = tile(shrink(self._images, height, width))
        _frame(picture, self._cursor[1] * height, self._cursor[0] * width, height, width)
        self.query_one(PixelView).show(picture)
        self._show_where(self._map.latent, rows, columns)

    def _show_where(self, latent: LatentMap, rows: int, columns: int) -> None:
        x, y = self._point(latent)
        first, second = latent.axes
        where = (f"z{first} {x:+7.3f}   z{second} {y:+7.3f}", "bold")
        what = (f"   {rows} x {columns} points, epoch {latent.epoch}", "$foreground-muted")
        self.query_one("#where", Static).update(Content.assemble(where, what), layout=False)

    def _point(self, latent: LatentMap) -> tuple[float, float]:
        """The plane's point under the cursor."""
        assert self._cursor is not None
        rows, columns = self._images.shape[:2]
        xs, ys = _scan_lines(latent, rows, columns)
        return float(xs[self._cursor[0]]), float(ys[self._cursor[1]])

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor by images."""
        if self._cursor is not None:
            rows, columns = self._images.shape[:2]
            column, row = self._cursor[0] + right, self._cursor[1] + down
            self._cursor = min(columns - 1, max(0, column)), min(rows - 1, max(0, row))
            self._draw()

    def action_open(self) -> None:
        """Continue in the navigator, from the cursor."""
        if self._cursor is not None and self._map is not None:
            self.post_message(OpenPoint(*self._point(self._map.latent)))

    def action_size(self) -> None:
        """The next size of images."""
        self._scale = (self._scale + 1) % len(SCALES)
        self._cursor = None
        self.refresh_plane()


def _frame(picture: Pixels, top: int, left: int, height: int, width: int) -> None:
    """Draw the cursor's frame into `picture`."""
    picture[[top, top + height - 1], left : left + width] = FRAME
    picture[top : top + height, [left, left + width - 1]] = FRAME


def _scan_lines(latent: LatentMap, rows: int, columns: int) -> tuple[Floats, Floats]:
    """(x of each column, y of each row, top first)."""
    left, right, bottom, top = latent.extent
    return (
        np.linspace(left, right, columns, dtype=np.float32),
        np.linspace(top, bottom, rows, dtype=np.float32),
    )
