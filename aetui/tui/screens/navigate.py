"""Navigate: walk the latent plane while the image at the crosshair is decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.processes.snapshots import PlaneMap, Snapshot
from aetui.protocol import Packet
from aetui.tui.screens.base import ModeScreen, Services
from aetui.tui.widgets.image_grid import to_grey
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane import GLYPHS, PETROFF_10, Neighbours
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.readout import Line, Readout

STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
FAR: Final = 5  # steps that a far step takes
INFO_ROWS: Final = 6
MAP_COLUMNS: Final = 40  # the map keeps at least so many beside a larger image
BAR: Final = 12
DECODE_WAIT: Final = 0.03  # seconds that the crosshair waits for the image


class NavigateScreen(ModeScreen):
    """The decoded image, large, beside a map with a crosshair."""

    NAME = "navigate"
    CAPABILITY = "plane"
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
        Binding("plus,equals_sign", "stride(1)", "Bigger step", key_display="+"),
        Binding("minus", "stride(-1)", "Smaller step", key_display="-"),
        Binding("0,home", "origin", "Origin", key_display="0"),
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._x = 0.0
        self._y = 0.0
        self._stride = STEPS.index(0.1)
        self._map: PlaneMap | None = None
        self._neighbours: Neighbours | None = None
        self._decoded_for: tuple[object, ...] | None = None
        self._moved = asyncio.Event()

    def body(self) -> Iterable[Widget]:
        """The image with its readout, and the map."""
        with Horizontal(id="content"):
            with Vertical(id="here"):
                yield PixelView(ink=self.services.profile.ink, id="image")
                yield Readout(id="readout")
            yield PlaneView(id="map")
        yield Static(id="empty")

    def on_mount(self) -> None:
        self.run_task(self._walk(), "walk")

    def go_to(self, x: float, y: float) -> None:
        """Move the crosshair to that point of the plane."""
        self._x = round(x, 4)
        self._y = round(y, 4)
        if self.is_mounted:
            self._request_decode()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_status()
        run = self.run_shown
        if run is None or not run.has_checkpoint:
            self._decoded_for = None
            self.show_placeholder(self.empty_text())
            return
        self.show_placeholder("")
        self._take_map(snapshot.plane)
        if self._decoded_for != (run.identity, run.checkpoint):
            self._decoded_for = (run.identity, run.checkpoint)
            self._fit_image(run.config.image_shape)
            self._request_decode()

    def _take_map(self, plane: PlaneMap | None) -> None:
        if plane is None:
            self._map = self._neighbours = None
        elif self._map is None or self._map.key != plane.key:
            self._map = plane
            self._neighbours = Neighbours(plane.latent.points, plane.latent.labels)
            self.query_one(PlaneView).show(plane.latent.points, plane.latent.labels)
            self._request_decode()

    def on_resize(self) -> None:
        """Draw the image as large as the screen allows."""
        super().on_resize()
        if run := self.run_shown:
            self._fit_image(run.config.image_shape)

    def _fit_image(self, shape: ImageShape) -> None:
        """Choose how many columns a pixel of the image takes."""
        columns, rows = self.app.size
        by_height = (rows - 2 - INFO_ROWS) * 2 // shape.height
        by_width = (columns - MAP_COLUMNS) // shape.width
        self.query_one("#image", PixelView).scale = max(1, min(by_height, by_width))

    def _request_decode(self) -> None:
        self._moved.set()

    async def _walk(self) -> None:
        """Decode the crosshair's point whenever it has moved: one at a time, always the newest."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self._decode()

    async def _decode(self) -> None:
        """Show image, crosshair and readout in one frame; a slow image comes after the others."""
        run = self.run_shown
        if run is None:
            return
        decoding = asyncio.ensure_future(self.ask("decode", {"z": self._code()}))
        await asyncio.sleep(0)  # the request is on its way; what follows is drawn meanwhile
        plane = self.query_one(PlaneView)
        lines = self._lines()
        plane.aim(self._x, self._y)
        answered, _ = await asyncio.wait([decoding], timeout=DECODE_WAIT)
        plane.reveal()
        self.query_one(Readout).show(lines)
        if answered:
            await self._show_image(decoding)
        else:  # torch may still be loading: walk on without it
            self.run_task(self._show_image(decoding), "late images")

    def _code(self) -> np.ndarray:
        """The crosshair in the latent space, [1, latent_dim]; 0 on axes that are not shown."""
        width = self._map.latent.codes.shape[1] if self._map else self._latent_dim()
        first, second = self._axes()
        z = np.zeros((1, width), np.float32)
        z[0, first] = self._x
        z[0, second] = self._y
        return z

    def _latent_dim(self) -> int:
        """By the settings, where no map says."""
        run = self.run_shown
        value = run.config.hyperparameters.options.get("latent_dim") if run else None
        return value if isinstance(value, int) else 2

    def _axes(self) -> tuple[int, int]:
        return self._map.latent.axes if self._map else (0, 1)

    async def _show_image(self, decoding: asyncio.Task[Packet | None]) -> None:
        """Show the reply; None is one that a newer request has overtaken."""
        reply = await decoding
        if reply is not None:
            self.query_one("#image", PixelView).show(to_grey(reply.arrays["images"])[0])

    def _lines(self) -> list[Line]:
        """Where the crosshair is and what is near, in fixed columns."""
        first, second = self._axes()
        lines: list[Line] = [
            [
                (f"z{first} ", "muted"),
                (f"{self._x:+7.2f}", "strong"),
                (f"  z{second} ", "muted"),
                (f"{self._y:+7.2f}", "strong"),
            ],
            [(f"step {STEPS[self._stride]:<5g}", "muted")],
        ]
        if self._neighbours is not None:
            lines += self._neighbour_lines(self._neighbours)
        if self._map is not None and (width := self._map.latent.codes.shape[1]) > 2:
            lines.append([(f"2 of {width} dimensions (largest KL); the others are 0", "muted")])
        return lines

    def _neighbour_lines(self, neighbours: Neighbours) -> list[Line]:
        near = neighbours.at(self._x, self._y)
        labels = [
            (f"{GLYPHS[label % len(GLYPHS)]} ", PETROFF_10[label % len(PETROFF_10)])
            for label in near.labels
        ]
        filled = round(near.density * BAR)
        bar = [("━" * filled, "strong"), ("─" * (BAR - filled), "muted")]
        share = (f" {near.density:4.0%}", "plain")
        return [[("near ", "muted"), *labels], [("density ", "muted"), *bar, share]]

    def action_step(self, right: int, up: int) -> None:
        self.services.guide.note("walk")
        stride = STEPS[self._stride]
        self.go_to(self._x + right * stride, self._y + up * stride)

    def action_stride(self, direction: int) -> None:
        """A bigger or a smaller step."""
        self._stride = min(len(STEPS) - 1, max(0, self._stride + direction))
        self.query_one(Readout).show(self._lines())

    def action_origin(self) -> None:
        """Back to the middle."""
        self.go_to(0.0, 0.0)
