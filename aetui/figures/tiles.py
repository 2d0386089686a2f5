"""Images side by side as one image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

SHARP: Final = 2000  # pixels in width, at least, to which images are enlarged: edges stay sharp
SMALL: Final = 6.0  # points


@dataclass(frozen=True)
class Tiles:
    """Where the tiles of a picture lie, in its own pixels."""

    rows: int
    columns: int
    height: int  # of a tile
    width: int
    row_gap: int  # between tiles
    column_gap: int

    def column(self, number: int) -> float:
        """The middle of a column."""
        return number * (self.width + self.column_gap) + self.width / 2

    def row(self, number: int) -> float:
        """The middle of a row."""
        return number * (self.height + self.row_gap) + self.height / 2

    def below(self, number: int) -> float:
        """The lower edge of a row."""
        return number * (self.height + self.row_gap) + self.height

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        return (
            self.rows * (self.height + self.row_gap) - self.row_gap,
            self.columns * (self.width + self.column_gap) - self.column_gap,
        )

    @property
    def aspect(self) -> float:
        """Height over width of the picture."""
        height, width = self.size
        return height / width


def mosaic(
    images: Pixels, ground: str, row_gap: float = 0.0, column_gap: float = 0.0
) -> tuple[Pixels, Tiles]:
    """Images [rows, columns, C, H, W] as one, uint8 [height, width, 3].

    The gaps are shares of a tile's width, in the colour `ground`.
    """
    rows, columns, _, height, width = images.shape
    scale = max(1, math.ceil(SHARP / (columns * width)))
    sides = (height * scale, width * scale)
    gaps = (round(row_gap * width * scale), round(column_gap * width * scale))
    tiles = Tiles(rows, columns, *sides, *gaps)
    picture = np.empty((*tiles.size, 3), np.uint8)
    picture[:] = np.round(np.array(to_rgb(ground)) * 255)
    for row in range(rows):
        for column in range(columns):
            tile = images[row, column].repeat(scale, 1).repeat(scale, 2).transpose(1, 2, 0)
            top = row * (tiles.height + tiles.row_gap)
            left = column * (tiles.width + tiles.column_gap)
            picture[top : top + tiles.height, left : left + tiles.width] = tile
    return picture, tiles


def show_tiles(
    axes: Axes, images: Pixels, ground: str, row_gap: float = 0.0, column_gap: float = 0.0
) -> Tiles:
    """Draw images [rows, columns, C, H, W] on `axes`, whose coordinates are then `Tiles`'s."""
    picture, tiles = mosaic(images, ground, row_gap, column_gap)
    axes.imshow(picture)
    axes.set_axis_off()
    return tiles


def name_rows(axes: Axes, tiles: Tiles, names: Sequence[str]) -> None:
    """Write what each row shows at its left."""
    for row, name in enumerate(names):
        axes.text(
            -0.12 * tiles.width, tiles.row(row), name, ha="right", va="center", linespacing=1.3
        )


def write_below(
    axes: Axes, tiles: Tiles, row: int, texts: Sequence[str], colour: str, points: float = SMALL
) -> None:
    """Write a text below each tile of a row, in small."""
    for column, text in enumerate(texts):
        place = (tiles.column(column), tiles.below(row) + 0.04 * tiles.width)
        axes.text(*place, text, ha="center", va="top", fontsize=points, color=colour)


def minus(number: str) -> str:
    """`number` with the minus sign of typography, as matplotlib's own ticks have it."""
    return number.replace("-", "\N{MINUS SIGN}")
