"""Denoise: test images with noise, what the model makes of them, and the originals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.catalog import TEST_SIGMA
from aetui.config import ImageShape
from aetui.processes.snapshots import Snapshot
from aetui.protocol import Packet
from aetui.tui.screens.base import ModeScreen, Services
from aetui.tui.widgets.image_grid import shrink, side_by_side, to_grey
from aetui.tui.widgets.pixel_view import PixelView

ROWS: Final = ("noisy", "denoised", "clean")
SCALES: Final = (1.0, 5 / 7, 0.5, 0.25)  # of an image's sides; the largest of which three rows fit
GAP: Final = 2
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
        Binding("up,k,plus,equals_sign", "sigma(1)", "More noise", key_display="+"),
        Binding("down,j,minus", "sigma(-1)", "Less", key_display="-"),
        Binding("o", "choose_run", "Runs"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._sample = 0
        self._sigma = TEST_SIGMA
        self._drawn_for: tuple[object, ...] | None = None

    def body(self) -> Iterable[Widget]:
        """Three rows of images with their labels, PSNR below."""
        with Vertical(id="content"):
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

    def on_resize(self) -> None:
        """Another number of images may fit."""
        super().on_resize()
        self.refresh_images()

    def refresh_images(self) -> None:
        self.run_task(self._denoise(), "denoise")

    def _fit(self, shape: ImageShape) -> tuple[int, int, int]:
        """(images, height, width) that fill the screen."""
        columns, rows = self.app.size
        sizes = [(round(shape.height * s), round(shape.width * s)) for s in SCALES]
        fitting = (size for size in sizes if 3 * ((size[0] + 1) // 2) + 4 <= rows)
        height, width = next(fitting, sizes[-1])
        return max(1, (columns - LABEL - 1 + GAP) // (width + GAP)), height, width

    async def _denoise(self) -> None:
        run = self.run_shown
        if run is None:
            return
        count, height, width = self._fit(run.config.image_shape)
        sigma = round(self._sigma, 2)
        reply = await self.ask("denoise", count=count, sample=self._sample, sigma=sigma)
        if reply is not None:
            self._show(reply, height, width)

    def _show(self, reply: Packet, height: int, width: int) -> None:
        self.show_placeholder("")
        arrays = reply.arrays
        for row in ROWS:
            images = shrink(to_grey(arrays[row]), height, width)
            self.query_one(f"#{row}", PixelView).show(side_by_side(images, GAP))
        before, after = arrays["psnr_noisy"], arrays["psnr_denoised"]
        labels = {
            "noisy": f"σ {self._sigma:.1f}\n{before.mean():5.2f} dB",
            "denoised": f"{after.mean():5.2f} dB",
            "clean": "",
        }
        for row, text in labels.items():
            label = Content.assemble((row, "bold"), f"\n{text}")
            self.query_one(f"#label-{row}", Static).update(label)
        self._show_psnr(before.tolist(), after.tolist(), width + GAP, reply.header.get("note", ""))

    def _show_psnr(self, before: list[float], after: list[float], width: int, note: str) -> None:
        pairs = zip(before, after, strict=True)
        figures = "".join(
            f"{noisy:4.1f}→{clean:4.1f}"[:width].center(width) for noisy, clean in pairs
        )
        title = (f"{'PSNR dB':<{LABEL}}", "$foreground-muted")
        remark = (f"\n{note}" if note else "", "$warning")
        self.query_one("#psnr", Static).update(Content.assemble(title, figures, remark))

    def action_sample(self, direction: int) -> None:
        self._sample = max(0, self._sample + direction)
        self.refresh_images()

    def action_sigma(self, direction: int) -> None:
        self._sigma = min(MOST_SIGMA, max(0.0, self._sigma + direction * SIGMA_STEP))
        self.refresh_images()
