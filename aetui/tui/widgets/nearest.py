"""The images of a data set that are nearest to a place, each with its class and its distance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aetui.config import ImageShape
from aetui.errors import printable
from aetui.terminal import Ink
from aetui.tui.widgets.classes import ClassMarks
from aetui.tui.widgets.image_grid import Images, fit, shrink
from aetui.tui.widgets.readout import Line, Role, Row, text_of
from aetui.tui.widgets.sheet import Sheet

SHOWN: Final = 6  # images
ROWS: Final = ("first", "second")  # of images
PICTURE_ROWS: Final = 5
NARROWEST: Final = 10  # columns of an image in a single row


@dataclass(frozen=True)
class Near:
    """Images [N, C, H, W], nearest first, with their labels and distances."""

    images: Images
    labels: Sequence[int]
    distances: Sequence[float]


class NearestImages(Sheet):
    """A heading and rows of images, each with its class and its distance below it."""

    INDENT = 2
    DEFAULT_CSS = """
    NearestImages { display: none; }
    NearestImages.-shown { display: block; }
    """

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        super().__init__(*ROWS, ink=ink, id=id)
        self._heading = ""
        self._captions: list[Line] = []  # of the rows of images that are shown

    @property
    def text(self) -> str:
        """The classes and the distances that are shown."""
        return " ".join(map(text_of, self._captions))

    def explain_absence(self, reason: str) -> None:
        """Show no images, and why."""
        self._heading, self._captions = reason, []
        self.redraw()

    def show(self, found: Near, marks: ClassMarks) -> None:
        self._heading, self._captions = "nearest images, with distance", []
        width = self.columns
        rows = 1 if width // len(found.labels) >= NARROWEST else len(ROWS)
        per_row = -(-len(found.labels) // rows)
        for row, name in enumerate(ROWS[:rows]):
            part = slice(row * per_row, (row + 1) * per_row)
            labels, distances = found.labels[part], found.distances[part]
            if labels:
                tile = self._take(name, found.images[part], width // per_row)
                self._captions.append(_captions(labels, distances, marks, tile))
        self.redraw()

    def _take(self, name: str, images: Images, tile: int) -> int:
        """Draw [N, C, H, W] in `tile` columns each; the columns that a tile has then."""
        drawn = fit(ImageShape(*images.shape[1:]), tile - 1, PICTURE_ROWS)
        gap = max(1, (tile - drawn.columns) // drawn.scale)
        self.picture(name).take_grid(shrink(images, drawn)[None], gap, drawn.scale)
        return drawn.columns + gap * drawn.scale

    def compose_rows(self) -> Iterator[Row]:
        yield from self.wrapped(self._heading)
        for name, captions in zip(ROWS, self._captions, strict=False):
            yield from self.picture_rows(name)
            yield self.row(captions)


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
