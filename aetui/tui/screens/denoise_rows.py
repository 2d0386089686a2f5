"""Which rows of images the Denoise screen shows, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aetui.config import ImageShape
from aetui.noise import MAIN_ROWS, ROWS, Row
from aetui.tui.widgets.image_grid import DrawnSize, fit

COMPARED: Final[tuple[Row, ...]] = ("denoised", "error", "median", "noisy", "clean")
"""The order in which rows are given room where a person asks for the others."""
LOWEST: Final = 6  # rows of the terminal that an image is given at least, if it has as many
GAP: Final = 2  # pixels between images
LABEL: Final = 14  # columns of the labels at the left


@dataclass(frozen=True)
class RowsShown:
    """The rows that are shown, how many images each has, and the size of an image."""

    rows: tuple[Row, ...]
    count: int
    drawn: DrawnSize

    @property
    def column_width(self) -> int:
        """Columns from one image to the next."""
        return self.drawn.columns + GAP * self.drawn.scale

    def column_at(self, x: int) -> int | None:
        """The image at that column of the terminal, counted from the first image's."""
        column = x // self.column_width
        return column if 0 <= column < self.count else None


def lay_out(shape: ImageShape, columns: int, rows: int, *, other: bool) -> RowsShown:
    """As many rows as can be made out in a room of that many cells, and as many images as fit.

    `other` shows those that have no room otherwise; where all have, the main ones larger.
    """
    lowest = min(LOWEST, (shape.height + 1) // 2)
    fitting = min(len(ROWS), max(len(MAIN_ROWS), rows // lowest))
    if other:
        fits_all = fitting == len(ROWS)
        chosen = set(MAIN_ROWS if fits_all else COMPARED[:fitting])
    else:
        chosen = set(ROWS[:fitting])
    shown = tuple(row for row in ROWS if row in chosen)
    room = columns - LABEL - 1
    drawn = fit(shape, room, rows // len(shown))
    count = max(1, (room + GAP * drawn.scale) // (drawn.columns + GAP * drawn.scale))
    return RowsShown(shown, count, drawn)
