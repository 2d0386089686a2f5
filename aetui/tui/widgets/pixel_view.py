"""Grey images as half blocks, two pixels a cell, in few levels and merged runs."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from aetui.terminal import Ink
from aetui.tui.widgets.strip_view import StripView

Grey = NDArray[np.uint8]

LEVELS: Final = 25  # black and the 24 greys that every 256-colour terminal has
HYSTERESIS: Final = 1.0  # levels; rounding alone is half a level off
CHARACTERS: Final = {"shades": " ░▒▓█", "ramp": " .:-=+*#%@"}  # dark to light


@lru_cache(LEVELS)
def grey(level: int) -> Color:
    """The colour of a level, 0 for black.

    It carries its number in the 256-colour palette, which takes fewer bytes than 24 bits, and the
    triplet, without which Textual would turn it into one.
    """
    value = 0 if level == 0 else 8 + 10 * (level - 1)
    return Color(
        f"grey{level}",
        ColorType.EIGHT_BIT,
        16 if level == 0 else 231 + level,
        ColorTriplet(value, value, value),
    )


@lru_cache(LEVELS * LEVELS)
def cell_style(top: int, bottom: int) -> Style:
    """The style of a half block whose halves have these levels."""
    return Style(color=grey(top), bgcolor=grey(bottom))


def quantise(image: Grey, shown: Grey | None = None) -> Grey:
    """uint8 grey in 0..255 as levels in 0..LEVELS - 1.

    A level that is `shown` stays while it is no more than HYSTERESIS levels off: on a walk most
    pixels change by less than a level, and every cell that changes is sent.
    """
    exact = image * np.float32((LEVELS - 1) / 255)
    levels: Grey = np.rint(exact).astype(np.uint8)
    if shown is None or shown.shape != levels.shape:
        return levels
    return np.asarray(np.where(np.abs(exact - shown) <= HYSTERESIS, shown, levels), np.uint8)


def half_block_strips(
    levels: Grey, scale: int = 1, shown: tuple[Grey, list[Strip]] | None = None
) -> list[Strip]:
    """Levels [rows, columns] as one strip for every two half rows, a pixel `scale` columns wide.

    `shown` are levels and strips of the same size, and what did not change is taken from them.
    """
    height, width = levels.shape
    changed = [True] * height if shown is None else (levels != shown[0]).any(1).tolist()
    rows = [*levels.tolist(), [0] * width]
    strips: list[Strip] = []
    drawn: dict[tuple[int, int], Strip] = {}
    for row in range((height * scale + 1) // 2):
        top, bottom = 2 * row // scale, min(height, (2 * row + 1) // scale)
        if shown is not None and not changed[top] and (bottom == height or not changed[bottom]):
            strips.append(shown[1][row])
            continue
        if (top, bottom) not in drawn:
            drawn[top, bottom] = _strip(rows[top], rows[bottom], scale)
        strips.append(drawn[top, bottom])
    return strips


def _strip(top: list[int], bottom: list[int], scale: int) -> Strip:
    segments: list[Segment] = []
    start, width = 0, len(top)
    for column in range(1, width + 1):
        if column == width or top[column] != top[start] or bottom[column] != bottom[start]:
            above, below = top[start], bottom[start]
            # A space says the same as a half block of two equal halves, in fewer bytes.
            text = (" " if above == below else "▀") * ((column - start) * scale)
            segments.append(Segment(text, cell_style(above, below)))
            start = column
    return Strip(segments, width * scale)


def character_strips(image: Grey, columns: int, rows: int, characters: str) -> list[Strip]:
    """A grey image [height, width] in cells, each the character of its mean brightness."""
    height, width = image.shape
    # Every cell averages the pixels that it covers: thin strokes would fall between samples.
    cells = (
        image.repeat(rows, 0)
        .reshape(rows, height, width)
        .mean(1)
        .repeat(columns, 1)
        .reshape(rows, columns, width)
        .mean(2)
    )
    indices = np.rint(cells * ((len(characters) - 1) / 255)).astype(int)
    return [
        Strip([Segment("".join(characters[index] for index in line), Style.null())], columns)
        for line in indices.tolist()
    ]


class PixelView(StripView):
    """A grey image, drawn as large as whole pixels allow, and repainted only where it changed."""

    DEFAULT_CSS = "PixelView { width: auto; height: auto; }"

    def __init__(self, *, scale: int = 1, ink: Ink = "grey", id: str | None = None) -> None:
        super().__init__(id=id)
        self.image: Grey = np.zeros((1, 1), np.uint8)
        self._scale = scale
        self._ink = ink
        self._levels: Grey | None = None
        self._drawn_scale = 0
        self._draw()

    def show(self, image: Grey) -> None:
        """Show `image`, uint8 [height, width]."""
        resized = image.shape != self.image.shape
        self.image = image
        self._draw()
        if resized:
            self.refresh(layout=True)

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
        if self._ink == "grey":
            before, self._levels = self._levels, quantise(self.image, self._levels)
            reusable = (
                before is not None
                and before.shape == self._levels.shape
                and self._scale == self._drawn_scale
            )
            shown = (before, self.strips) if before is not None and reusable else None
            self._drawn_scale = self._scale
            self.show_strips(half_block_strips(self._levels, self._scale, shown))
        else:
            size = width * self._scale, (height * self._scale + 1) // 2
            self.show_strips(character_strips(self.image, *size, CHARACTERS[self._ink]))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Columns."""
        return int(self.image.shape[1]) * self._scale

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows."""
        return (int(self.image.shape[0]) * self._scale + 1) // 2
