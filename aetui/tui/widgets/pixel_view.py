"""An image, or a grid of them, drawn in the cells of a terminal."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image
from textual.geometry import Size
from textual.strip import Strip

from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import DrawnSize, Images, grid, picture_image
from aetui.tui.widgets.pixel_renderer import Area, Line, pixel_renderer
from aetui.tui.widgets.strip_view import StripView

CORNER: Final = 4  # a frame's corner reaches along a quarter of each side


class PixelView(StripView):
    """Pictures of one or three channels, repainted only where they changed."""

    COMPONENT_CLASSES = {"pixels--frame"}
    DEFAULT_CSS = """
    PixelView { width: auto; height: auto; }
    PixelView > .pixels--frame { color: $accent; }
    """

    def __init__(self, *, ink: Ink = "true_colour", id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture = Image.new("L", (1, 1))
        self._scale = 1
        self._renderer = pixel_renderer(ink)
        self._lines: list[Line] = []  # as they were drawn last

    @property
    def image(self) -> Images:
        """The pixels that are shown, uint8 [H, W] or [H, W, C]; of a grid with their opacity."""
        return np.asarray(self._picture)

    @property
    def scale(self) -> int:
        """Columns that a pixel takes, and half rows."""
        return self._scale

    def show(self, image: Images, scale: int | None = None) -> None:
        """Show one image, uint8 [C, H, W]; `scale` None keeps the present one."""
        self._show(picture_image(image), scale)

    def show_grid(self, images: Images, gap: int = 0, scale: int | None = None) -> None:
        """Show [rows, columns, C, H, W], `gap` pixels between the images."""
        self._show(grid(images, gap), scale)

    def _show(self, picture: Image.Image, scale: int | None) -> None:
        scale = scale or self._scale
        resized = (picture.size, scale) != (self._picture.size, self._scale)
        self._picture, self._scale = picture, scale
        self._draw()
        if resized:
            self.refresh(layout=True)

    def frame(self, place: tuple[int, int] | None, drawn: DrawnSize) -> None:
        """Mark the corners of the image at (row, column) of a grid without gaps; None: of none."""
        self._renderer.marks = () if place is None else _corners(place, drawn)
        self._draw()

    def on_mount(self) -> None:
        self.take_colours()

    def take_colours(self) -> None:
        ground = self.ground_style.bgcolor
        accent = self.get_component_rich_style("pixels--frame").color
        assert ground is not None
        assert accent is not None
        self._renderer.ground, self._renderer.accent = ground, accent
        self._draw()

    def _draw(self) -> None:
        if self.is_mounted:
            width = self._picture.width * self._scale
            lines = self._renderer.picture_lines(self._picture, self._scale)
            known = {id(line): strip for line, strip in zip(self._lines, self.strips, strict=True)}
            self.show_strips([known.get(id(line)) or Strip(line, width) for line in lines])
            self._lines = lines

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return int(self._picture.width) * self._scale

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return (int(self._picture.height) * self._scale + 1) // 2


def _corners(place: tuple[int, int], drawn: DrawnSize) -> tuple[Area, ...]:
    """(rows, columns) of the strokes of a frame."""
    height, width = drawn.height, drawn.width
    top, left = place[0] * height, place[1] * width
    bottom, right = top + height, left + width
    down, across = max(1, height // CORNER), max(1, width // CORNER)
    sides = slice(left, left + across), slice(right - across, right)
    ends = slice(top, top + down), slice(bottom - down, bottom)
    level = [(slice(y, y + 1), side) for y in (top, bottom - 1) for side in sides]
    upright = [(end, slice(x, x + 1)) for x in (left, right - 1) for end in ends]
    return (*level, *upright)
