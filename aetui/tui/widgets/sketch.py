"""A drawing: an image, a pen with soft edges, and what can be taken back."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_UNDO: Final = 50  # strokes
THINNEST: Final = 1.0  # pixels
THICKEST: Final = 8.0

INKS: Final[dict[int, tuple[tuple[str, tuple[int, ...]], ...]]] = {
    1: (("white", (255,)), ("light grey", (170,)), ("dark grey", (85,)), ("black", (0,))),
    3: (
        ("white", (255, 255, 255)),
        ("red", (220, 40, 40)),
        ("orange", (240, 140, 30)),
        ("yellow", (245, 215, 60)),
        ("green", (60, 160, 70)),
        ("blue", (50, 110, 210)),
        ("violet", (130, 70, 170)),
        ("brown", (125, 80, 50)),
        ("skin", (225, 175, 140)),
        ("grey", (128, 128, 128)),
        ("black", (0, 0, 0)),
    ),
}
"""By the image's channels: the colours of the pen and their names."""

Image = NDArray[np.uint8]
Point = tuple[float, float]
"""(x, y) in pixels from the image's upper left corner."""


class Sketch:
    """An image [C, H, W] under a pen. Coordinates outside it are allowed and leave no trace."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.image: Image = np.zeros(shape, np.uint8)
        self.thickness = 2.0
        self.erasing = False
        self._ink = 0  # of INKS
        self._undo: list[Image] = []
        self._from: Point | None = None  # where the pen stands on the image; None: it is lifted
        self._before = self.image
        self._covered: NDArray[np.float32] = np.zeros(shape[1:], np.float32)

    @property
    def is_down(self) -> bool:
        return self._from is not None

    @property
    def is_blank(self) -> bool:
        return not self.image.any()

    @property
    def ink(self) -> tuple[str, tuple[int, ...]]:
        """The pen's colour: its name, its channels."""
        return INKS[len(self.image)][self._ink]

    def next_ink(self, direction: int) -> None:
        self._ink = (self._ink + direction) % len(INKS[len(self.image)])

    def press(self, x: float, y: float) -> None:
        """Put the pen down: a dot."""
        self._remember()
        self._before = self.image
        self._covered = np.zeros(self.image.shape[1:], np.float32)
        self._from = (x, y)
        self.move(x, y)

    def move(self, x: float, y: float) -> None:
        """Draw a straight line to here, if the pen is down."""
        if self._from is None:
            return
        covered = _coverage(self.image.shape[1:], self._from, (x, y), self.thickness / 2)
        self._from = (x, y)
        # A stroke that crosses itself covers a pixel once, or its soft edges would grow hard.
        self._covered = np.maximum(self._covered, covered)
        ink = (0,) * len(self.image) if self.erasing else self.ink[1]
        colour = np.array(ink, np.float32)[:, None, None]
        mixed = self._before * (1 - self._covered) + colour * self._covered
        self.image = np.rint(mixed).astype(np.uint8)

    def lift(self) -> None:
        self._from = None

    def undo(self) -> bool:
        """Take back the newest stroke, clearing or loading; whether there was one."""
        self.lift()
        if not self._undo:
            return False
        self.image = self._undo.pop()
        return True

    def fill(self) -> None:
        """The pen's colour everywhere."""
        colour = np.array(self.ink[1], np.uint8)[:, None, None]
        self.load(np.broadcast_to(colour, self.image.shape).copy())

    def clear(self) -> None:
        self.load(np.zeros_like(self.image))

    def load(self, image: Image) -> None:
        """Take another image of the same shape in place of the drawing."""
        self.lift()
        self._remember()
        self.image = image

    def _remember(self) -> None:
        self._undo = [*self._undo[1 - MOST_UNDO :], self.image]


def _coverage(
    size: tuple[int, ...], start: Point, end: Point, radius: float
) -> NDArray[np.float32]:
    """How much of each pixel lies within `radius` of a line, about: float32 [H, W] in [0, 1]."""
    height, width = size
    x = np.arange(width, dtype=np.float32)[None, :] + 0.5 - start[0]
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5 - start[1]
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    length = along_x**2 + along_y**2
    share = np.clip((x * along_x + y * along_y) / length, 0, 1) if length else np.float32(0)
    distance = np.hypot(x - share * along_x, y - share * along_y)
    return np.asarray(np.clip(radius + 0.5 - distance, 0, 1), np.float32)
