"""How large the canvas, the models' pictures and the map are on the Draw screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import log2, sqrt
from typing import Final, Literal

from aetui.config import ImageShape
from aetui.tui.widgets.image_grid import DrawnSize

LARGEST_SCALE: Final = 8
SMALLEST_PART: Final = 4  # an image is shown at no less than this part of its sides
FRAME: Final = 2  # columns and rows that a border takes
LOWEST_MAP: Final = 9  # rows
NARROWEST_MAP: Final = 18  # columns

MapPlace = Literal["below", "beside", "none"]


@dataclass(frozen=True)
class Fit:
    """An image shown at `size` (height, width), each of those pixels `scale` columns wide."""

    scale: int
    size: tuple[int, int]
    detail: float  # the part of its sides that is left of the image: 1 or less

    @property
    def drawn(self) -> DrawnSize:
        return DrawnSize(*self.size, self.scale)

    @property
    def side(self) -> float:
        """The sides' geometric mean, in columns."""
        return sqrt(self.size[0] * self.size[1]) * self.scale

    @property
    def columns(self) -> int:
        return self.size[1] * self.scale + FRAME

    @property
    def rows(self) -> int:
        return (self.size[0] * self.scale + 1) // 2 + FRAME


@dataclass(frozen=True)
class Layout:
    """The canvas at the left; at its right pictures in a row, and the map."""

    canvas: Fit
    picture: Fit
    pictures: int  # that have room: 1 or 2
    map_place: MapPlace


def arrange(shape: ImageShape, most_pictures: int, columns: int, rows: int) -> Layout:
    """The best way to fill a room of that many cells."""
    fits = list(_fits(shape))
    possible = _possible(fits, range(1, most_pictures + 1), columns, rows)
    return max(possible, key=_worth, default=Layout(fits[-1], fits[-1], 1, "none"))


def _fits(shape: ImageShape) -> Iterator[Fit]:
    """Every way to show an image, the largest first."""
    height, width = shape.height, shape.width
    for scale in range(LARGEST_SCALE, 0, -1):
        yield Fit(scale, (height, width), 1.0)
    for part in range(2, SMALLEST_PART + 1):
        yield Fit(1, (height // part, width // part), 1 / part)


def _possible(fits: list[Fit], counts: Iterable[int], columns: int, rows: int) -> Iterator[Layout]:
    for canvas, picture, pictures in product(fits, fits, counts):
        left = columns - canvas.columns - pictures * picture.columns
        if left < 0 or max(canvas.rows, picture.rows) > rows:
            continue
        if picture.rows + LOWEST_MAP <= rows:
            yield Layout(canvas, picture, pictures, "below")
        if left >= NARROWEST_MAP:
            yield Layout(canvas, picture, pictures, "beside")
        yield Layout(canvas, picture, pictures, "none")


def _worth(layout: Layout) -> float:
    """How good a layout is: a large canvas first, but no picture that has lost its pixels."""
    canvas, picture = layout.canvas, layout.picture
    return (
        log2(canvas.side)
        + log2(picture.side) / 2
        + 2 * log2(canvas.detail)
        + 2 * log2(picture.detail)
        + (0.8 if layout.pictures == 2 else 0.0)
        + (1.0 if layout.map_place != "none" else 0.0)
    )
