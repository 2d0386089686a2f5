"""Manifold: the plane scanned at regular intervals, every point decoded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.board import Board
from aetui.config import SIDE, Model
from aetui.inference import Inference
from aetui.latentmap import LatentMap
from aetui.terminal import Look
from aetui.tui.messages import OpenPoint
from aetui.tui.pixels import PixelView
from aetui.tui.screen import ModeScreen, nothing_yet
from aetui.tui.tiles import mosaic

SIDES: Final = (14, 20, 28, 10)  # pixels of a digit, in the order in which the key goes through them
FRAME: Final = 255  # brightness of the cursor's frame


class ManifoldScreen(ModeScreen):
    """As many decoded digits as fit, and a cursor over them."""

    MODE = "manifold"
    MODEL = "vae"
    BINDINGS = [
        Binding("left", "move(-1,0)", "Move", key_display="←↓↑→"),
        Binding("right", "move(1,0)", show=False),
        Binding("up,k", "move(0,-1)", show=False),
        Binding("down,j", "move(0,1)", show=False),
        Binding("h", "move(-1,0)", show=False),
        Binding("enter", "open", "Walk from here", key_display="⏎"),
        Binding("z", "size", "Digit size"),
        Binding("o", "pick", "Runs"),
    ]

    def __init__(self, board: Board, inference: Inference, appearance: Look) -> None:
        super().__init__(board, inference, appearance)
        self._side = SIDES[0]
        self._cursor: tuple[int, int] | None = None
        self._latent: LatentMap | None = None
        self._digits = np.zeros((1, 1, SIDE, SIDE), np.uint8)

    def body(self) -> Iterable[Widget]:
        """The scanned plane, and a line that says where the cursor is."""
        with Vertical(id="content"):
            yield PixelView(SIDE, SIDE, ink=self.appearance.ink, id="tiles")
            yield Static(id="where")
        yield Static(id="empty")

    def look(self, models: frozenset[Model]) -> None:
        """Decode the plane again, with the newest checkpoint and the newest map's extent."""
        watch = self.run_watch
        self.show_status()
        self._latent = watch.newest_map() if watch is not None and watch.epochs else None
        if watch is None or not watch.has_checkpoint or self._latent is None:
            self.show_emptiness(nothing_yet("vae", watch))
        elif "vae" in models:
            if self._cursor is None:
                self.show_emptiness("Decoding the plane …")
            self.refresh_plane()

    def on_resize(self) -> None:
        """Another number of digits may fit."""
        super().on_resize()
        self._cursor = None
        self.refresh_plane()

    def refresh_plane(self) -> None:
        """Scan and decode; only the newest question is answered."""
        self.run_worker(self._scan(), group="scan")

    def _grid(self) -> tuple[int, int]:
        """(rows, columns) of digits that fit."""
        width, height = self.app.size
        return max(1, (height - 3) * 2 // self._side), max(1, (width - 2) // self._side)

    async def _scan(self) -> None:
        watch, latent = self.run_watch, self._latent
        if watch is None or latent is None:
            return
        rows, columns = self._grid()
        xs, ys = _scan_lines(latent, rows, columns)
        z = np.zeros((rows * columns, latent.codes.shape[1]), np.float32)
        z[:, latent.axes[0]], z[:, latent.axes[1]] = np.tile(xs, rows), np.repeat(ys, columns)
        answer = await self.ask("decode", {"z": z})
        if answer is not None and (rows, columns) == self._grid():
            self._digits = answer.arrays["images"].reshape(rows, columns, SIDE, SIDE)
            self.show_emptiness("")
            self._draw()

    def _draw(self) -> None:
        rows, columns = self._digits.shape[:2]
        column, row = self._cursor or (columns // 2, rows // 2)
        self._cursor = column, row = min(column, columns - 1), min(row, rows - 1)
        picture, side = mosaic(self._digits, self._side), self._side
        top, left = row * side, column * side
        picture[[top, top + side - 1], left : left + side] = FRAME
        picture[top : top + side, [left, left + side - 1]] = FRAME
        self.query_one(PixelView).show(picture)
        if self._latent is not None:
            x, y = self._point()
            first, second = self._latent.axes
            where = f"z{first} {x:+7.3f}   z{second} {y:+7.3f}"
            self.query_one("#where", Static).update(
                Content.assemble((where, "bold"), (f"   {rows} x {columns} points, epoch {self._latent.epoch}", "$foreground-muted")),
                layout=False,
            )

    def _point(self) -> tuple[float, float]:
        """The plane's point under the cursor."""
        assert self._latent is not None and self._cursor is not None
        rows, columns = self._digits.shape[:2]
        xs, ys = _scan_lines(self._latent, rows, columns)
        return float(xs[self._cursor[0]]), float(ys[self._cursor[1]])

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor by digits."""
        if self._cursor is not None:
            rows, columns = self._digits.shape[:2]
            column, row = self._cursor
            self._cursor = min(columns - 1, max(0, column + right)), min(rows - 1, max(0, row + down))
            self._draw()

    def action_open(self) -> None:
        """Go on in the navigator, from the cursor."""
        if self._cursor is not None and self._latent is not None:
            self.post_message(OpenPoint(*self._point()))

    def action_size(self) -> None:
        """The next size of digits."""
        self._side = SIDES[(SIDES.index(self._side) + 1) % len(SIDES)]
        self._cursor = None
        self.refresh_plane()


def _scan_lines(latent: LatentMap, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """(x of each column, y of each row, top first)."""
    left, right, bottom, top = latent.extent
    return np.linspace(left, right, columns, dtype=np.float32), np.linspace(top, bottom, rows, dtype=np.float32)
