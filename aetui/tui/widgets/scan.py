"""The latent plane laid out in images: how many of what size fill a room, and their axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.config import ImageShape
from aetui.tui.widgets.image_grid import DrawnSize, fit
from aetui.tui.widgets.plane import coordinate, decimals

LEEWAY: Final = 1.3  # how much smaller or larger than asked for an image may be, to fill the room
Floats = NDArray[np.float32]
Extent = tuple[float, float, float, float]
"""left, right, bottom and top of the middles of the outermost images."""


@dataclass(frozen=True)
class Scan:
    """So many images, each of that size, over a part of the plane."""

    rows: int
    columns: int
    drawn: DrawnSize
    extent: Extent

    @property
    def xs(self) -> Floats:
        """The coordinate of each column."""
        return np.linspace(*self.extent[:2], self.columns, dtype=np.float32)

    @property
    def ys(self) -> Floats:
        """The coordinate of each row, top first."""
        return np.linspace(*self.extent[:1:-1], self.rows, dtype=np.float32)

    @property
    def points(self) -> Floats:
        """The point of each image, row by row, [rows * columns, 2]."""
        return np.stack([np.tile(self.xs, self.rows), np.repeat(self.ys, self.columns)], 1)

    @property
    def step(self) -> float:
        """The distance between two neighbours, along the axis where they are closer."""
        left, right, bottom, top = self.extent
        across = (right - left) / max(1, self.columns - 1)
        return min(across, (top - bottom) / max(1, self.rows - 1))


def lay_out(shape: ImageShape, side: int, room: tuple[int, int], extent: Extent) -> Scan:
    """Images of about `side` pixels on their shorter side, with the least of the room left over.

    `room` is in (columns, rows) of cells.
    """
    width, height = room[0], room[1] * 2
    sizes = [size for size in _sizes(shape, side) if size.columns <= width]
    sizes = [size for size in sizes if size.height * size.scale <= height] or [fit(shape, *room)]

    def unused(drawn: DrawnSize) -> tuple[float, int]:
        used_width = width // drawn.columns * drawn.columns
        used_height = height // (drawn.height * drawn.scale) * drawn.height * drawn.scale
        short = min(drawn.height, drawn.width) * drawn.scale
        # In twentieths: a few cells more are not worth another size.
        return round(20 - 20 * used_width * used_height / (width * height)), abs(short - side)

    drawn = min(sizes, key=unused)
    rows = max(1, height // (drawn.height * drawn.scale))
    return Scan(rows, max(1, width // drawn.columns), drawn, extent)


def _sizes(shape: ImageShape, side: int) -> list[DrawnSize]:
    """The sizes at which an image may be drawn that is to be about `side` pixels."""
    short = min(shape.height, shape.width)
    if side >= short:
        return [DrawnSize(shape.height, shape.width, side // short)]
    sides = range(round(side / LEEWAY), min(short, round(side * LEEWAY)) + 1)
    scales = [max(1, number) / short for number in sides]
    return [DrawnSize(round(shape.height * s), round(shape.width * s)) for s in scales]


def y_axis(scan: Scan, width: int) -> str:
    """A column of numbers that stand beside the middle of each row, `width` cells wide."""
    drawn = scan.drawn
    height = drawn.height * drawn.scale
    lines = [" " * width] * ((scan.rows * height + 1) // 2)
    digits = decimals(scan.step)
    for row, y in enumerate(scan.ys.tolist()):
        lines[(row * height + height // 2) // 2] = f"{coordinate(y, digits)} "[:width].rjust(width)
    return "\n".join(lines)


def x_axis(scan: Scan) -> str:
    """A line of numbers that stand below the middle of columns, as many as fit."""
    width, digits = scan.drawn.columns, decimals(scan.step)
    numbers = [coordinate(x, digits) for x in scan.xs.tolist()]
    every = -(-(max(map(len, numbers)) + 1) // width)
    line = [" "] * (width * scan.columns)
    for column in range(every // 2, scan.columns, every):
        text = numbers[column]
        start = min(max(0, column * width + (width - len(text)) // 2), len(line) - len(text))
        if start >= 0:
            line[start : start + len(text)] = text
    return "".join(line)
