"""Navigate: walk the latent plane, and the digit at your feet decodes as you go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from aetui.board import Board
from aetui.config import SIDE, Model
from aetui.frames import Frame
from aetui.inference import Inference
from aetui.latentmap import LatentMap
from aetui.terminal import Look
from aetui.tui.figures import Figures, Line
from aetui.tui.pixels import PixelView
from aetui.tui.plane import GLYPHS, PETROFF_10, Neighbours
from aetui.tui.planeview import PlaneView
from aetui.tui.screen import ModeScreen, nothing_yet

STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
FAR: Final = 5  # steps that a far step takes
INFO_ROWS: Final = 6
MAP_COLUMNS: Final = 40  # the map keeps at least so many beside a larger digit
BAR: Final = 12
PATIENCE: Final = 0.03  # seconds that the crosshair waits for the digit


class NavigateScreen(ModeScreen):
    """The decoded digit, large, beside a map with a crosshair."""

    MODE = "navigate"
    MODEL = "vae"
    BINDINGS = [
        Binding("left,h", "step(-1,0)", "Step", key_display="←↓↑→"),
        Binding("right,l", "step(1,0)", show=False),
        Binding("up,k", "step(0,1)", show=False),
        Binding("down,j", "step(0,-1)", show=False),
        Binding("shift+left,H", f"step(-{FAR},0)", "Far", key_display="HJKL"),
        Binding("shift+right,L", f"step({FAR},0)", show=False),
        Binding("shift+up,K", f"step(0,{FAR})", show=False),
        Binding("shift+down,J", f"step(0,-{FAR})", show=False),
        Binding("plus,equals_sign", "stride(1)", "Longer", key_display="+"),
        Binding("minus", "stride(-1)", "Shorter", key_display="-"),
        Binding("0,home", "origin", "Origin", key_display="0"),
        Binding("o", "pick", "Runs"),
    ]

    def __init__(self, board: Board, inference: Inference, appearance: Look) -> None:
        super().__init__(board, inference, appearance)
        self._x, self._y, self._stride = 0.0, 0.0, STEPS.index(0.1)
        self._latent: LatentMap | None = None
        self._neighbours: Neighbours | None = None
        self._mapped: tuple[str, int] | None = None
        self._moved = asyncio.Event()

    def body(self) -> Iterable[Widget]:
        """The digit with its figures, and the map."""
        with Horizontal(id="content"):
            with Vertical(id="here"):
                yield PixelView(SIDE, SIDE, scale=self._scale(), ink=self.appearance.ink, id="digit")
                yield Figures(id="figures")
            yield PlaneView(id="map")
        yield Static(id="empty")

    def on_mount(self) -> None:
        """Be ready to walk."""
        self.run_worker(self._walk(), group="walk")

    def go_to(self, x: float, y: float) -> None:
        """Stand at that point of the plane."""
        self._x, self._y = round(x, 4), round(y, 4)
        if self.is_mounted:
            self._show_point()

    def look(self, models: frozenset[Model]) -> None:
        """Take over the newest map, and decode again with the newest checkpoint."""
        watch = self.run_watch
        self.show_status()
        if watch is None or not watch.has_checkpoint:
            self.show_emptiness(nothing_yet("vae", watch))
            return
        self.show_emptiness("")
        if watch.epochs and self._mapped != (watch.name, watch.epochs[-1]):
            self._mapped = (watch.name, watch.epochs[-1])
            self._latent = latent = watch.newest_map()
            if latent is not None:
                self._neighbours = Neighbours(latent.points, latent.labels)
                self.query_one(PlaneView).show(latent.points, latent.labels)
        elif not watch.epochs:
            self._latent = self._neighbours = self._mapped = None
        if "vae" in models:
            self._show_point()

    def on_resize(self) -> None:
        """Draw the digit as large as the screen allows."""
        super().on_resize()
        self.query_one("#digit", PixelView).scale = self._scale()

    def _scale(self) -> int:
        """Columns that a pixel of the digit takes."""
        width, height = self.app.size
        by_height = (height - 2 - INFO_ROWS) * 2 // SIDE
        by_width = (width - MAP_COLUMNS) // SIDE
        return max(1, min(by_height, by_width))

    def _show_point(self) -> None:
        self._moved.set()

    async def _walk(self) -> None:
        """Decode where we stand, whenever we have moved: one digit at a time, always the newest place."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self._decode()

    async def _decode(self) -> None:
        """Show the digit, the crosshair and the figures in one frame; the latter two alone where the digit is long in coming."""
        watch, latent = self.run_watch, self._latent
        if watch is None:
            return
        z = np.zeros((1, watch.config.hyperparameters.latent_dim), np.float32)
        first, second = latent.axes if latent else (0, 1)
        z[0, first], z[0, second] = self._x, self._y
        decoding = asyncio.ensure_future(self.ask("decode", {"z": z}))
        await asyncio.sleep(0)  # the question is on its way; what follows is drawn while it is answered
        plane, figures = self.query_one(PlaneView), self._figures()
        plane.aim(self._x, self._y)
        answered, _ = await asyncio.wait([decoding], timeout=PATIENCE)
        plane.reveal()
        self.query_one(Figures).show(figures)
        if answered:
            await self._show_digit(decoding)
        else:  # torch may still be loading: walk on without it
            self.run_worker(self._show_digit(decoding), group="late digits")

    async def _show_digit(self, decoding: asyncio.Task[Frame | None]) -> None:
        """Show the answer; None is one that a newer question has overtaken."""
        answer = await decoding
        if answer is not None:
            self.query_one("#digit", PixelView).show(answer.arrays["images"][0])

    def _figures(self) -> list[Line]:
        """Where we are and what lies near, in fixed columns."""
        first, second = self._latent.axes if self._latent else (0, 1)
        here = [(f"z{first} ", "muted"), (f"{self._x:+7.2f}", "strong"), (f"  z{second} ", "muted"), (f"{self._y:+7.2f}", "strong")]
        lines: list[Line] = [here, [(f"step {STEPS[self._stride]:<5g}", "muted")]]
        if self._neighbours is not None:
            near = self._neighbours.at(self._x, self._y)
            lines.append([("near ", "muted"), *((f"{GLYPHS[label % len(GLYPHS)]} ", PETROFF_10[label % 10]) for label in near.labels)])
            filled = round(near.density * BAR)
            bar = [("━" * filled, "strong"), ("─" * (BAR - filled), "muted"), (f" {near.density:4.0%}", "plain")]
            lines.append([("density ", "muted"), *bar])
        if self._latent is not None and self._latent.codes.shape[1] > 2:
            lines.append([(f"the axes of largest KL of {self._latent.codes.shape[1]}", "muted")])
        return lines

    def action_step(self, right: int, up: int) -> None:
        """Walk."""
        stride = STEPS[self._stride]
        self.go_to(self._x + right * stride, self._y + up * stride)

    def action_stride(self, direction: int) -> None:
        """Longer or shorter steps."""
        self._stride = min(len(STEPS) - 1, max(0, self._stride + direction))
        self.query_one(Figures).show(self._figures())

    def action_origin(self) -> None:
        """Back to the middle."""
        self.go_to(0.0, 0.0)
