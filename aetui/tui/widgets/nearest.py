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
from aetui.tui.widgets.readout import Line, Readout, Role

SHOWN: Final = 6  # images
MOST_ROWS: Final = 2  # of images
PICTURE_ROWS: Final = 5
NARROWEST: Final = 10  # columns of an image in a single row


@dataclass(frozen=True)
class Near:
    """Images [N, C, H, W], nearest first, with their labels and distances."""

    images: Images
    labels: Sequence[int]
    distances: Sequence[float]


class NearestImages(Vertical):
    """A heading and rows of images, each with its class and its distance below it."""

    DEFAULT_CSS = """
    NearestImages { display: none; width: 100%; height: auto; padding: 0 0 0 2; }
    NearestImages.-shown { display: block; }
    NearestImages Static { width: 100%; height: auto; color: $foreground-muted; }
    NearestImages.-none PixelView, NearestImages.-none Readout { display: none; }
    """

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        super().__init__(id=id, classes="-none")
        self._ink = ink
        self._heading = ""

    def compose(self) -> Iterable[Widget]:
        yield Static(markup=False)
        for _ in range(MOST_ROWS):
            yield PixelView(ink=self._ink)
            yield Readout()

    @property
    def text(self) -> str:
        """The classes and the distances that are shown."""
        if self.has_class("-none"):
            return ""
        return " ".join(row.text for row in self.query(Readout) if row.display)

    def explain_absence(self, reason: str) -> None:
        """Show no images, and why."""
        self.set_class(True, "-none")
        self._write(reason)

    def _write(self, heading: str) -> None:
        """Show a heading; the same again would have the screen laid out again."""
        if heading != self._heading:
            self._heading = heading
            self.query_one(Static).update(heading)

    def show(self, found: Near, marks: ClassMarks) -> None:
        self.set_class(False, "-none")
        self._write("nearest images, with distance")
        width = self.content_size.width
        rows = 1 if width // len(found.labels) >= NARROWEST else MOST_ROWS
        per_row = -(-len(found.labels) // rows)
        parts = zip(self.query(PixelView), self.query(Readout), strict=True)
        for row, (pictures, words) in enumerate(parts):
            pictures.display = words.display = row * per_row < len(found.labels)
            if pictures.display:
                part = slice(row * per_row, (row + 1) * per_row)
                tile = _show_pictures(pictures, found.images[part], width // per_row)
                words.show([_captions(found.labels[part], found.distances[part], marks, tile)])


def _show_pictures(view: PixelView, images: Images, tile: int) -> int:
    """Show [N, C, H, W] in `tile` columns each; the columns that a tile has then."""
    drawn = fit(ImageShape(*images.shape[1:]), tile - 1, PICTURE_ROWS)
    gap = max(1, (tile - drawn.columns) // drawn.scale)
    view.show_grid(shrink(images, drawn)[None], gap, drawn.scale)
    return drawn.columns + gap * drawn.scale


def _captions(
    labels: Sequence[int], distances: Sequence[float], marks: ClassMarks, width: int
) -> Line:
    """Each class with its distance, in `width` columns."""
    line: list[tuple[str, Role | int]] = []
    for label, distance in zip(labels, distances, strict=True):
        far = f" {distance:.2g}"
        name = printable(marks.name(label), 40)[: max(1, width - 1 - len(far))]
        line += [(name, label), (far.ljust(width - len(name)), "muted")]
    return line
