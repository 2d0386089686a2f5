"""Frames of an animation: what stays is drawn once, and what moves on top of it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image


def picture(figure: Figure, dpi: int) -> Image.Image:
    """The figure as it is now."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(dpi)
    canvas.draw()
    return _copied(canvas)


class Stage:
    """A figure of which only some artists move."""

    def __init__(self, figure: Figure, dpi: int, moving: Sequence[Artist]) -> None:
        self._canvas = FigureCanvasAgg(figure)
        self._moving = moving
        figure.set_dpi(dpi)
        self._canvas.draw()  # gives the moving artists their room
        figure.set_layout_engine("none")
        for artist in moving:
            artist.set_animated(True)  # left out of what stays
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(figure.bbox)

    def frame(self) -> Image.Image:
        """The figure with the moving artists as they are now, in their order."""
        self._canvas.restore_region(self._still)
        for artist in self._moving:
            artist.draw(self._canvas.get_renderer())
        return _copied(self._canvas)


def _copied(canvas: FigureCanvasAgg) -> Image.Image:
    size = canvas.get_width_height(physical=True)
    return Image.frombytes("RGBA", size, bytes(canvas.buffer_rgba())).convert("RGB")
