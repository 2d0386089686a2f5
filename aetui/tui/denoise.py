"""Denoise: a handful of test digits with noise, without it again, and as they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.board import Board
from aetui.config import SIDE, TEST_SIGMA, Model
from aetui.frames import Frame
from aetui.inference import Inference
from aetui.terminal import Look
from aetui.tui.pixels import PixelView
from aetui.tui.screen import ModeScreen, nothing_yet
from aetui.tui.tiles import side_by_side

ROWS: Final = ("noisy", "denoised", "clean")
SIDES: Final = (28, 20, 14)  # pixels of a digit; the largest of which three rows fit
GAP: Final = 2
LABEL: Final = 11  # columns of the labels at the left
SIGMA_STEP: Final = 0.1
SIGMA_MOST: Final = 2.0


class DenoiseScreen(ModeScreen):
    """As many digits as fit, denoised anew when the handful, the noise or the checkpoint changes."""

    MODE = "denoise"
    MODEL = "dae"
    BINDINGS = [
        Binding("space,right", "handful(1)", "Other digits", key_display="space"),
        Binding("backspace,left", "handful(-1)", "Back", key_display="⌫"),
        Binding("up,plus,equals_sign", "sigma(1)", "More noise", key_display="+"),
        Binding("down,minus", "sigma(-1)", "Less", key_display="-"),
        Binding("o", "pick", "Runs"),
    ]

    def __init__(self, board: Board, inference: Inference, appearance: Look) -> None:
        super().__init__(board, inference, appearance)
        self._handful, self._sigma, self._drawn = 0, TEST_SIGMA, False

    def body(self) -> Iterable[Widget]:
        """Three rows of digits with their labels, PSNR below."""
        with Vertical(id="content"):
            for row in ROWS:
                with Container(classes="digits", id=f"row-{row}"):
                    yield Static(classes="label", id=f"label-{row}")
                    yield PixelView(SIDE, SIDE, ink=self.appearance.ink, id=row)
            yield Static(id="figures")
        yield Static(id="empty")

    def look(self, models: frozenset[Model]) -> None:
        """Ask for the digits again, with the newest checkpoint."""
        watch = self.run_watch
        self.show_status()
        if watch is None or not watch.has_checkpoint:
            self._drawn = False
            self.show_emptiness(nothing_yet("dae", watch))
        elif "dae" in models:
            if not self._drawn:
                self.show_emptiness("Waking the network …")
            self.refresh_digits()

    def on_resize(self) -> None:
        """Another number of digits may fit."""
        super().on_resize()
        self.refresh_digits()

    def refresh_digits(self) -> None:
        """Denoise anew; only the newest question is answered."""
        self.run_worker(self._denoise(), group="denoise")

    def _fit(self) -> tuple[int, int]:
        """(digits, pixels of a digit's side) that fill the screen."""
        width, height = self.app.size
        side = next((side for side in SIDES if 3 * (side // 2) + 4 <= height), SIDES[-1])
        return max(1, (width - LABEL - 1 + GAP) // (side + GAP)), side

    async def _denoise(self) -> None:
        count, side = self._fit()
        answer = await self.ask("denoise", count=count, handful=self._handful, sigma=round(self._sigma, 2))
        if answer is not None:
            self._show(answer, side)

    def _show(self, answer: Frame, side: int) -> None:
        self._drawn = True
        self.show_emptiness("")
        arrays = answer.arrays
        for row in ROWS:
            self.query_one(f"#{row}", PixelView).show(side_by_side(arrays[row], side, GAP))
        before, after = arrays["psnr_noisy"], arrays["psnr_denoised"]
        labels = {"noisy": f"σ {self._sigma:.1f}\n{before.mean():5.2f} dB", "denoised": f"{after.mean():5.2f} dB", "clean": ""}
        for row, text in labels.items():
            self.query_one(f"#label-{row}", Static).update(Content.assemble((row, "bold"), f"\n{text}"))
        width = side + GAP
        figures = "".join(f"{noisy:4.1f}→{clean:4.1f}"[:width].center(width) for noisy, clean in zip(before, after, strict=True))
        note = answer.header.get("note") or ""
        self.query_one("#figures", Static).update(
            Content.assemble((f"{'PSNR dB':<{LABEL}}", "$foreground-muted"), figures, (f"\n{note}" if note else "", "$warning"))
        )

    def action_handful(self, direction: int) -> None:
        """Other digits."""
        self._handful = max(0, self._handful + direction)
        self.refresh_digits()

    def action_sigma(self, direction: int) -> None:
        """More or less noise on the same digits."""
        self._sigma = min(SIGMA_MOST, max(0.0, self._sigma + direction * SIGMA_STEP))
        self.refresh_digits()
