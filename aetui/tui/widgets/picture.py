"""A picture as finished lines. Lines that did not change are the same objects as before."""

from __future__ import annotations

import numpy as np
from PIL import Image
from rich.color import Color
from textual.strip import Strip

from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import Images, grid, picture_image
from aetui.tui.widgets.pixel_renderer import Area, Line, pixel_renderer


class Picture:
    """One place on the screen for pictures of one or three channels."""

    def __init__(self, ink: Ink = "true_colour") -> None:
        self._image = Image.new("L", (1, 1))
        self._renderer = pixel_renderer(ink)
        self._lines: list[Line] = []  # as they were drawn last
        self._strips: list[Strip] = []
        self.scale = 1  # columns that a pixel takes, and half rows

    @property
    def pixels(self) -> Images:
        """uint8 [H, W] or [H, W, C]; of a grid with their opacity."""
        return np.asarray(self._image)

    @property
    def columns(self) -> int:
        return int(self._image.width) * self.scale

    @property
    def rows(self) -> int:
        return (int(self._image.height) * self.scale + 1) // 2

    def take(self, image: Images, scale: int | None = None) -> None:
        """One image, uint8 [C, H, W]; `scale` None keeps the present one."""
        self._image, self.scale = picture_image(image), scale or self.scale

    def take_grid(self, images: Images, gap: int = 0, scale: int | None = None) -> None:
        """[rows, columns, C, H, W], `gap` pixels between the images."""
        self._image, self.scale = grid(images, gap), scale or self.scale

    def mark(self, areas: tuple[Area, ...]) -> None:
        """Draw these areas in the accent, over the image."""
        self._renderer.marks = areas

    def take_colours(self, ground: Color, accent: Color) -> None:
        self._renderer.ground, self._renderer.accent = ground, accent

    def strips(self) -> list[Strip]:
        """The lines of cells, `rows` of `columns`."""
        lines = self._renderer.picture_lines(self._image, self.scale)
        known = {id(line): strip for line, strip in zip(self._lines, self._strips, strict=True)}
        self._strips = [known.get(id(line)) or Strip(line, self.columns) for line in lines]
        self._lines = lines
        return self._strips
