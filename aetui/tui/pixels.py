"""Arrays to terminal cells: grey images as half blocks (two pixels a cell), in few levels and merged runs."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

Grey = NDArray[np.uint8]

LEVELS: Final = 25  # black and the 24 greys that every 256-colour terminal has
RAMP: Final = " .:-=+*#%@"  # for terminals without colours, dark to light


@lru_cache(LEVELS)
def grey(level: int) -> Color:
    """The colour of a level, 0 for black.

    It carries its number in the 256-colour palette, which takes fewer bytes on the wire than a 24-bit colour, and the
    triplet, without which Textual would turn it into one.
    """
    value = 0 if level == 0 else 8 + 10 * (level - 1)
    return Color(f"grey{level}", ColorType.EIGHT_BIT, 16 if level == 0 else 231 + level, ColorTriplet(value, value, value))


@lru_cache(LEVELS * LEVELS)
def cell_style(top: int, bottom: int) -> Style:
    """The style of a half block whose halves have these levels."""
    return Style(color=grey(top), bgcolor=grey(bottom))


def quantise(image: Grey) -> Grey:
    """uint8 grey in 0..255 as levels in 0..LEVELS - 1."""
    return ((image.astype(np.uint16) * (LEVELS - 1) + 127) // 255).astype(np.uint8)


def enlarge(levels: Grey, scale: int) -> Grey:
    """Every pixel as a square of `scale` x `scale`."""
    return levels.repeat(scale, 0).repeat(scale, 1)


def half_block_strips(levels: Grey) -> list[Strip]:
    """Levels [rows, columns] as one strip for every two rows; an odd last row stands on black."""
    if len(levels) % 2:
        levels = np.vstack([levels, np.zeros_like(levels[:1])])
    return [_strip(top, bottom) for top, bottom in zip(levels[0::2].tolist(), levels[1::2].tolist(), strict=True)]


def _strip(top: list[int], bottom: list[int]) -> Strip:
    segments: list[Segment] = []
    start, width = 0, len(top)
    for column in range(1, width + 1):
        if column == width or top[column] != top[start] or bottom[column] != bottom[start]:
            above, below = top[start], bottom[start]
            # A space says the same as a half block of two equal halves, in fewer bytes.
            text = (" " if above == below else "▀") * (column - start)
            segments.append(Segment(text, cell_style(above, below)))
            start = column
    return Strip(segments, width)


def ramp_strips(image: Grey, columns: int, rows: int) -> list[Strip]:
    """A grey image drawn with a ramp of characters, `columns` x `rows` cells."""
    height, width = image.shape
    ys, xs = np.arange(rows) * height // rows, np.arange(columns) * width // columns
    indices = (image[np.ix_(ys, xs)].astype(np.uint16) * (len(RAMP) - 1) + 127) // 255
    return [Strip([Segment("".join(RAMP[index] for index in line))], columns) for line in indices.tolist()]


class PixelView(Widget):
    """A grey image, drawn as large as whole pixels allow, and repainted only where it changed."""

    DEFAULT_CSS = "PixelView { width: auto; height: auto; }"

    def __init__(self, width: int, height: int, *, scale: int = 1, ramp: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.image: Grey = np.zeros((height, width), np.uint8)
        self._scale = scale
        self._ramp = ramp
        self._strips: list[Strip] = []
        self._draw()

    def show(self, image: Grey) -> None:
        """Show `image`, uint8 [height, width]."""
        before = self._strips
        resized = image.shape != self.image.shape
        self.image = image
        self._draw()
        if resized or len(before) != len(self._strips):
            self.refresh(layout=True)
            return
        # One region for each run of changed lines; the driver finds the cells in them.
        changed = [row for row, (old, new) in enumerate(zip(before, self._strips, strict=True)) if old != new]
        width = self.size.width
        for row in changed:
            self.refresh(Region(0, row, width, 1))

    @property
    def scale(self) -> int:
        """Columns that a pixel takes."""
        return self._scale

    @scale.setter
    def scale(self, scale: int) -> None:
        if scale != self._scale:
            self._scale = scale
            self._draw()
            self.refresh(layout=True)

    def _draw(self) -> None:
        height, width = self.image.shape
        if self._ramp:
            self._strips = ramp_strips(self.image, width * self._scale, (height * self._scale + 1) // 2)
        else:
            self._strips = half_block_strips(enlarge(quantise(self.image), self._scale))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Columns."""
        return int(self.image.shape[1]) * self._scale

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows."""
        return len(self._strips)

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)
