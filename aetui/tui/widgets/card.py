"""The card of a test image: what the model makes of it, figures, and the images nearest to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from aetui.config import ImageShape
from aetui.differences import error_shares
from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import Images, fit, shrink
from aetui.tui.widgets.readout import Line, Row, text_of
from aetui.tui.widgets.sheet import Sheet

PICTURE: Final = (16, 7)  # (columns, rows) that a picture may take
NARROW_PICTURE: Final = (10, 5)
NEAR_PICTURE: Final = (10, 4)
NEAR_COLUMNS: Final = 3
FIGURES: Final = 7  # rows
SHORT_FIGURES: Final = 5
ROWS_WITH_NEAR: Final = 32  # of the screen, that leave room for the nearest images
ROWS_WITH_DIFFERENCE: Final = 26
# Fewer levels than the palette has: neighbouring pixels are more often alike, and a key costs less.
LEVELS: Final = 8
# The reds that the 256-colour palette has, on which no pixel is rounded.
REDS: Final = np.array([0, 95, 135, 175, 215, 255], np.uint8)


@dataclass(frozen=True)
class Explanation:
    """A test image and its reconstruction, both uint8 [C, H, W]; images nearest to it [N, C, H, W].

    There is no reconstruction where no weights are there for it.
    """

    image: Images
    reconstruction: Images | None
    nearest: Images


class Card(Sheet):
    """Pictures in as much room as there is: at least the image and its reconstruction."""

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        # Palette colours take fewer bytes than 24 bits.
        few: Ink = "palette" if ink == "true_colour" else ink
        super().__init__("pair", "difference", "nearest", ink=few, id=id)
        self._shown: Explanation | None = None
        self._reason = ""
        self._figures: Sequence[Line] = ()
        self._titles = ""
        self.is_small = False  # the pictures are smaller, and the difference is left out
        self._is_alone = False  # without the nearest images

    def fit(self, columns: int, rows: int) -> None:
        """The screen has that many cells from now on."""
        self.is_small = columns < 100 or rows < ROWS_WITH_DIFFERENCE
        self._is_alone = columns < 100 or rows < ROWS_WITH_NEAR
        if self._shown is not None:
            self.show(self._shown, self._reason)
        self.redraw()

    @property
    def text(self) -> str:
        """The figures that are shown, and what is said in place of pictures."""
        return "\n".join([*map(text_of, self._figures), self._reason])

    def say(self, lines: Sequence[Line]) -> None:
        """Show these figures, and the pictures."""
        self._figures = lines
        self.redraw()

    def explain_absence(self, reason: str) -> None:
        """Show no pictures, and why; "" where they are only on their way."""
        self._shown, self._reason = None, reason
        self.redraw()

    def show(self, found: Explanation, reason: str = "") -> None:
        """Show these pictures with the figures that come next.

        `reason` says why there is no reconstruction.
        """
        self._shown, self._reason = found, reason
        shape = ImageShape(*found.image.shape)
        drawn = fit(shape, *(NARROW_PICTURE if self.is_small else PICTURE))
        pair = [image for image in (found.image, found.reconstruction) if image is not None]
        shown = shrink(np.stack(pair), drawn)
        self.picture("pair").take_grid(coarse(shown)[None], 1, drawn.scale)
        titles = f"{'image':<{drawn.columns + drawn.scale}}reconstruction"
        self._titles = titles if len(pair) > 1 else "image"
        if len(pair) > 1:
            self.picture("difference").take(error_image(*shown), drawn.scale)
        if len(found.nearest) and not self._is_alone:
            self._take_nearest(found.nearest)

    def _take_nearest(self, images: Images) -> None:
        drawn = fit(ImageShape(*images.shape[1:]), *NEAR_PICTURE)
        shown = coarse(shrink(images, drawn))
        missing = -len(shown) % NEAR_COLUMNS
        shown = np.concatenate([shown, np.zeros((missing, *shown.shape[1:]), np.uint8)])
        rows = shown.reshape(-1, NEAR_COLUMNS, *shown.shape[1:])
        self.picture("nearest").take_grid(rows, 1, drawn.scale)

    def compose_rows(self) -> Iterator[Row]:
        found = self._shown
        if found is not None:
            if not self.is_small:
                yield self.row([(self._titles, "muted")])
            yield from self.picture_rows("pair")
        is_short = found is None or self.is_small
        yield from self._figure_rows(SHORT_FIGURES if is_short else FIGURES, found)
        if found is not None and not self._is_alone:
            yield self.row([("nearest test images", "muted")])
            if len(found.nearest):
                yield from self.picture_rows("nearest")
        if self._reason:
            yield from self.wrapped(self._reason)

    def _figure_rows(self, rows: int, found: Explanation | None) -> Iterator[Row]:
        """The figures, beside the difference where it is shown."""
        lines = [*self._figures, *[[]] * rows][:rows]
        if found is None or found.reconstruction is None or self.is_small:
            yield from map(self.row, lines)
        else:
            yield from self.picture_beside("difference", lines)


def coarse(images: Images) -> Images:
    """`images` in LEVELS levels of each channel."""
    steps = np.rint(images.astype(np.float32) * ((LEVELS - 1) / 255))
    return np.asarray(np.rint(steps * (255 / (LEVELS - 1))), np.uint8)


def error_image(image: Images, reconstruction: Images) -> Images:
    """How far apart two images [C, H, W] are at each pixel, as reds [3, H, W]."""
    steps = error_shares(image, reconstruction) * (len(REDS) - 1)
    reds = REDS[np.rint(steps).astype(int)]
    return np.stack([reds, np.zeros_like(reds), np.zeros_like(reds)])
