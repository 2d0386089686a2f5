"""Denoise: test images with noise, what the model makes of them, and the originals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual import on
from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.catalog import TEST_SIGMA
from aetui.config import ImageShape
from aetui.processes.snapshots import Snapshot
from aetui.protocol import Packet
from aetui.tui.screens.base import ModeScreen, Services
from aetui.tui.widgets.image_grid import DrawnSize, fit, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.room import Room

ROWS: Final = ("noisy", "denoised", "clean")
GAP: Final = 2
OTHER_ROWS: Final = 2  # of the figures and a note
LABEL: Final = 11  # columns of the labels at the left
SIGMA_STEP: Final = 0.1
MOST_SIGMA: Final = 2.0


class DenoiseScreen(ModeScreen):
    """As many images as fit, denoised again when sample, noise or checkpoint change."""

    NAME = "denoise"
    CAPABILITY = "denoise"
    BINDINGS = [
        Binding("space,right,l", "sample(1)", "Other images", key_display="space"),
        Binding("backspace,left,h", "sample(-1)", "Back", key_display="⌫"),
        Binding("up,k,plus,equals_sign", "sigma(1)", "Noise", key_display="+-"),
        Binding("down,j,minus", "sigma(-1)", show=False),
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._sample = 0
        self._sigma = TEST_SIGMA
        self._drawn_for: tuple[object, ...] | None = None

    def body(self) -> Iterable[Widget]:
        """Three rows of images with their labels, PSNR below."""
        with Room(id="content"):
            for row in ROWS:
                with Container(classes="images", id=f"row-{row}"):
                    yield Static(classes="label", id=f"label-{row}")
                    yield PixelView(ink=self.services.profile.ink, id=row)
            yield Static(id="psnr")
        yield Static(id="empty")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        run = self.run_shown
        self.show_status()
        if run is None or not run.has_checkpoint:
            self._drawn_for = None
            self.show_placeholder(self.empty_text())
        elif self._drawn_for != (run.identity, run.checkpoint):
            if self._drawn_for is None:
                self.show_placeholder(f"Loading {run.name} … (slower while a training runs)")
            self._drawn_for = (run.identity, run.checkpoint)
            self.refresh_images()

    @on(Room.Resized)
    def refresh_images(self) -> None:
        """As many as fit, with the present noise."""
        self.run_task(self._denoise(), "denoise")

    def _fit(self, shape: ImageShape) -> tuple[int, DrawnSize]:
        """How many images fill the screen, and their size."""
        columns, rows = self.room
        room = columns - LABEL - 1
        drawn = fit(shape, room, (rows - OTHER_ROWS) // len(ROWS))
        return max(1, (room + GAP) // (drawn.columns + GAP * drawn.scale)), drawn

    async def _denoise(self) -> None:
        run = self.run_shown
        if run is None:
            return
        count, drawn = self._fit(run.config.image_shape)
        sigma = round(self._sigma, 2)
        reply = await self.ask("denoise", count=count, sample=self._sample, sigma=sigma)
        if reply is not None:
            self._show(reply, drawn)

    def _show(self, reply: Packet, drawn: DrawnSize) -> None:
        self.show_placeholder("")
        arrays = reply.arrays
        for row in ROWS:
            images = shrink(arrays[row], drawn)
            self.query_one(f"#{row}", PixelView).show_grid(images[None], GAP, drawn.scale)
        before, after = arrays["psnr_noisy"], arrays["psnr_denoised"]
        labels = {
            "noisy": f"σ {self._sigma:.1f}\n{before.mean():5.2f} dB",
            "denoised": f"{after.mean():5.2f} dB",
            "clean": "",
        }
        for row, text in labels.items():
            label = Content.assemble((row, "bold"), f"\n{text}")
            self.query_one(f"#label-{row}", Static).update(label)
        width = drawn.columns + GAP * drawn.scale
        self._show_psnr(before.tolist(), after.tolist(), width, reply.header.get("note", ""))

    def _show_psnr(self, before: list[float], after: list[float], width: int, note: str) -> None:
        pairs = zip(before, after, strict=True)
        figures = "".join(_psnr_text(*pair, width) for pair in pairs)
        title = (f"{'PSNR dB':<{LABEL}}", "$foreground-muted")
        remark = (f"\n{note}" if note else "", "$warning")
        self.query_one("#psnr", Static).update(Content.assemble(title, figures, remark))

    def action_sample(self, direction: int) -> None:
        self._sample = max(0, self._sample + direction)
        self.refresh_images()

    def action_sigma(self, direction: int) -> None:
        self._sigma = min(MOST_SIGMA, max(0.0, self._sigma + direction * SIGMA_STEP))
        self.refresh_images()


def _psnr_text(before: float, after: float, width: int) -> str:
    """Both figures where they fit below an image, else the one that matters."""
    text = f"{before:4.1f}→{after:4.1f}"
    return (text if len(text) < width else f"{after:.0f}").center(width)
