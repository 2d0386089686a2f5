"""A row of images along a way, one of them framed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import DrawnSize, Images, fit, shrink
from aetui.tui.widgets.pixel_view import PixelView

LABEL: Final = 6  # columns


class Filmstrip(Horizontal):
    """Hidden until it is given images."""

    DEFAULT_CSS = """
    Filmstrip { display: none; width: 100%; height: auto; }
    Filmstrip.-shown { display: block; }
    Filmstrip Static { width: 6; height: auto; color: $foreground-muted; }
    """

    def __init__(self, *, ink: Ink, rows: int, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ink = ink
        self._rows = rows  # of an image
        self._shape, self._drawn = ImageShape(), DrawnSize(1, 1)
        self._images: Images = np.zeros((0, 1, 1, 1), np.uint8)
        self._first = 0  # the image at the left

    def compose(self) -> Iterable[Widget]:
        yield Static()
        yield PixelView(ink=self._ink)

    def room_for(self, shape: ImageShape) -> int:
        """How many images fit side by side."""
        assert isinstance(self.parent, Widget)
        return max(1, (self.parent.size.width - LABEL) // self._fit(shape).columns)

    def _fit(self, shape: ImageShape) -> DrawnSize:
        return fit(shape, self.app.size.width, self._rows)

    def show(self, title: str, images: Images) -> None:
        """Show [N, C, H, W]."""
        self._shape = ImageShape(*images.shape[1:])
        self._drawn = self._fit(self._shape)
        self._images = shrink(images, self._drawn)
        self.query_one(Static).update(title)
        self.add_class("-shown")
        self._draw(0)

    def mark(self, number: int | None) -> None:
        """Frame that image, or none; move along to it if it is beyond the edge."""
        if number is None or number >= len(self._images):
            self.query_one(PixelView).frame(None, self._drawn)
            return
        if not self._first <= number < self._first + self._room:
            self._draw(min(number, max(0, len(self._images) - self._room)))
        self.query_one(PixelView).frame((0, number - self._first), self._drawn)

    @property
    def _room(self) -> int:
        return self.room_for(self._shape)

    def _draw(self, first: int) -> None:
        self._first = first
        images = self._images[first : first + self._room]
        view = self.query_one(PixelView)
        view.frame(None, self._drawn)
        view.show_grid(images[None], scale=self._drawn.scale)

    def hide(self) -> None:
        self.remove_class("-shown")
