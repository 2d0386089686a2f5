"""An image, or a grid of them, drawn in the cells of a terminal."""

from __future__ import annotations

from typing import Final

from textual.geometry import Size

from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import DrawnSize, Images
from aetui.tui.widgets.picture import Picture
from aetui.tui.widgets.pixel_renderer import Area
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
        self._picture = Picture(ink)

    @property
    def image(self) -> Images:
        """The pixels that are shown, uint8 [H, W] or [H, W, C]; of a grid with their opacity."""
        return self._picture.pixels

    @property
    def scale(self) -> int:
        """Columns that a pixel takes, and half rows."""
        return self._picture.scale

    def show(self, image: Images, scale: int | None = None) -> None:
        """Show one image, uint8 [C, H, W]; `scale` None keeps the present one."""
        before = self._sizes
        self._picture.take(image, scale)
        self._draw_anew(before)

    def show_grid(self, images: Images, gap: int = 0, scale: int | None = None) -> None:
        """Show [rows, columns, C, H, W], `gap` pixels between the images."""
        before = self._sizes
        self._picture.take_grid(images, gap, scale)
        self._draw_anew(before)

    @property
    def _sizes(self) -> tuple[int, int]:
        return self._picture.columns, self._picture.rows

    def _draw_anew(self, before: tuple[int, int]) -> None:
        self._draw()
        if self._sizes != before:
            self.refresh(layout=True)

    def frame(self, place: tuple[int, int] | None, drawn: DrawnSize) -> None:
        """Mark the corners of the image at (row, column) of a grid without gaps; None: of none."""
        self._picture.mark(() if place is None else _corners(place, drawn))
        self._draw()

    def on_mount(self) -> None:
        self.take_colours()

    def take_colours(self) -> None:
        ground = self.ground_style.bgcolor
        accent = self.get_component_rich_style("pixels--frame").color
        assert ground is not None
        assert accent is not None
        self._picture.take_colours(ground, accent)
        self._draw()

    def _draw(self) -> None:
        if self.is_mounted:
            self.show_strips(self._picture.strips())

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return self._picture.columns

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._picture.rows


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
