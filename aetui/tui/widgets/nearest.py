"""The images of a data set that are nearest to a place, each with its class and its distance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.errors import printable
from aetui.terminal import Ink
from aetui.tui.widgets.classes import ClassMarks
from aetui.tui.widgets.image_grid import Images, fit, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.readout import Line, Readout

SHOWN: Final = 6  # images
PICTURE_ROWS: Final = 5


@dataclass(frozen=True)
class Near:
    """Images [N, C, H, W], nearest first, with their labels and distances."""

    images: Images
    labels: Sequence[int]
    distances: Sequence[float]


class NearestImages(Vertical):
    """A heading, the images in a row, and two lines below them."""

    DEFAULT_CSS = """
    NearestImages { display: none; width: 100%; height: auto; padding: 0 0 0 2; }
    NearestImages.-shown { display: block; }
    NearestImages .heading { width: 100%; height: 1; color: $foreground-muted; }
    NearestImages Readout { height: 2; min-width: 0; margin: 0; }
    NearestImages.-none PixelView, NearestImages.-none Readout { display: none; }
    """

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        super().__init__(id=id, classes="-none")
        self._ink = ink

    def compose(self) -> Iterable[Widget]:
        yield Static("nearest images", classes="heading", markup=False)
        yield PixelView(ink=self._ink)
        yield Readout()

    @property
    def text(self) -> str:
        """The classes and the distances that are shown."""
        return "" if self.has_class("-none") else self.query_one(Readout).text

    def explain_absence(self, reason: str) -> None:
        """Show no images, and why."""
        self.set_class(True, "-none")
        self.query_one(Static).update(reason)

    def show(self, found: Near, marks: ClassMarks) -> None:
        self.set_class(False, "-none")
        self.query_one(Static).update("nearest images, and how far their codes are")
        tile = max(1, self.content_size.width // SHOWN)
        drawn = fit(ImageShape(*found.images.shape[1:]), tile - 1, PICTURE_ROWS)
        gap = max(1, (tile - drawn.columns) // drawn.scale)
        shown = shrink(found.images, drawn)
        self.query_one(PixelView).show_grid(shown[None], gap, drawn.scale)
        width = drawn.columns + gap * drawn.scale
        pairs = list(zip(found.labels, found.distances, strict=True))
        names: Line = [(_cell(marks.name(label), width), label) for label, _ in pairs]
        distances: Line = [(_cell(f"{distance:.2g}", width), "muted") for _, distance in pairs]
        self.query_one(Readout).show([names, distances])


def _cell(text: str, width: int) -> str:
    return printable(text, 40)[: width - 1].ljust(width)
