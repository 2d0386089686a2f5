"""The card of a test image: what the model makes of it, figures, and the images nearest to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.differences import error_shares
from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import DrawnSize, Images, fit, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.readout import Line, Readout

PICTURE: Final = (16, 7)  # (columns, rows) that a picture may take
NARROW_PICTURE: Final = (10, 5)
NEAR_PICTURE: Final = (10, 4)
NEAR_COLUMNS: Final = 3
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


class Card(Container):
    """Pictures in as much room as there is: at least the image and its reconstruction."""

    DEFAULT_CSS = """
    Card { width: 100%; height: auto; }
    Card Static { width: 100%; height: auto; color: $foreground-muted; }
    Card #card-difference { height: auto; }
    Card #card-difference PixelView { margin-right: 1; }
    Card.-small #card-difference PixelView, Card.-small .titles { display: none; }
    Card.-alone .near, Card.-alone #nearest { display: none; }
    Card.-none PixelView, Card.-none .titles { display: none; }
    Card .reason { display: none; }
    Card.-reasoned .reason { display: block; }
    """

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        super().__init__(id=id, classes="-none")
        self._ink = ink
        # Palette colours take fewer bytes than 24 bits.
        self._few: Ink = "palette" if ink == "true_colour" else ink
        self._shown: Explanation | None = None
        self._written: dict[str, str] = {}  # by selector

    def compose(self) -> Iterable[Widget]:
        yield Static(id="card-titles", classes="titles")
        yield PixelView(ink=self._few, id="card-pair")
        with Horizontal(id="card-difference"):
            yield PixelView(ink=self._few, id="difference")
            yield Readout(id="figures")
        yield Static("nearest test images", classes="near titles")
        yield PixelView(ink=self._few, id="nearest")
        yield Static(classes="reason", markup=False)

    def fit(self, columns: int, rows: int) -> None:
        """The screen has that many cells from now on."""
        self.set_class(columns < 100 or rows < ROWS_WITH_DIFFERENCE, "-small")
        self.set_class(columns < 100 or rows < ROWS_WITH_NEAR, "-alone")
        if self._shown is not None:
            self.show(self._shown)

    @property
    def is_small(self) -> bool:
        """Whether the pictures are smaller, and the difference left out."""
        return self.has_class("-small")

    @property
    def text(self) -> str:
        """The figures that are shown."""
        return self.query_one(Readout).text

    def say(self, lines: Sequence[Line]) -> None:
        """Show these figures."""
        self.query_one(Readout).show(lines)

    def explain_absence(self, reason: str) -> None:
        """Show no pictures, and why; "" where they are only on their way."""
        self._shown = None
        self.set_class(True, "-none")
        self._give_reason(reason)

    def _give_reason(self, reason: str) -> None:
        self.set_class(bool(reason), "-reasoned")
        self._write(".reason", reason)

    def _write(self, selector: str, text: str) -> None:
        """Show a text; the same again would have the screen laid out again with every key."""
        if self._written.get(selector) != text:
            self._written[selector] = text
            self.query_one(selector, Static).update(text)

    def show(self, found: Explanation, reason: str = "") -> None:
        """Show these pictures; `reason` says why there is no reconstruction."""
        self._shown = found
        self.set_class(False, "-none")
        self._give_reason(reason)
        shape = ImageShape(*found.image.shape)
        drawn = fit(shape, *(NARROW_PICTURE if self.is_small else PICTURE))
        pair = [image for image in (found.image, found.reconstruction) if image is not None]
        shown = shrink(np.stack(pair), drawn)
        self.query_one("#card-pair", PixelView).show_grid(coarse(shown)[None], 1, drawn.scale)
        titles = f"{'image':<{drawn.columns + drawn.scale}}reconstruction"
        self._write("#card-titles", titles if len(pair) > 1 else "image")
        self._show_difference(shown, drawn)
        self._show_nearest(found.nearest)

    def _show_difference(self, pair: Images, drawn: DrawnSize) -> None:
        view = self.query_one("#difference", PixelView)
        view.display = len(pair) > 1 and not self.is_small
        if len(pair) > 1:
            view.show(error_image(*pair), drawn.scale)

    def _show_nearest(self, images: Images) -> None:
        if not len(images) or self.has_class("-alone"):
            return
        drawn = fit(ImageShape(*images.shape[1:]), *NEAR_PICTURE)
        shown = coarse(shrink(images, drawn))
        missing = -len(shown) % NEAR_COLUMNS
        shown = np.concatenate([shown, np.zeros((missing, *shown.shape[1:]), np.uint8)])
        rows = shown.reshape(-1, NEAR_COLUMNS, *shown.shape[1:])
        self.query_one("#nearest", PixelView).show_grid(rows, 1, drawn.scale)


def coarse(images: Images) -> Images:
    """`images` in LEVELS levels of each channel."""
    steps = np.rint(images.astype(np.float32) * ((LEVELS - 1) / 255))
    return np.asarray(np.rint(steps * (255 / (LEVELS - 1))), np.uint8)


def error_image(image: Images, reconstruction: Images) -> Images:
    """How far apart two images [C, H, W] are at each pixel, as reds [3, H, W]."""
    steps = error_shares(image, reconstruction) * (len(REDS) - 1)
    reds = REDS[np.rint(steps).astype(int)]
    return np.stack([reds, np.zeros_like(reds), np.zeros_like(reds)])
