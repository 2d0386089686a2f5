"""Worst images: the test images with the largest errors, each above its reconstruction."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.protocol import Packet
from aetui.terminal import Ink
from aetui.tui.screens.scatter_errors import ErrorTable
from aetui.tui.widgets.classes import ClassMarks
from aetui.tui.widgets.image_grid import DrawnSize, Images, fit, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.readout import Line, Readout

PICTURE: Final = (16, 7)  # (columns, rows) that each of the two pictures may take
MOST_ROWS: Final = 4
CAPTION_ROWS: Final = 2
EDGE: Final = 4  # columns of the box beside the tiles; rows of it above and below them
NARROWEST: Final = 10  # columns of a tile, for its caption
Ask = Callable[..., Coroutine[Any, Any, Packet | None]]
"""`ModeScreen.ask`."""


class GalleryRow(Vertical):
    """Tiles side by side, and a caption below each."""

    def __init__(self, ink: Ink) -> None:
        super().__init__()
        self._ink = ink

    def compose(self) -> Iterable[Widget]:
        yield PixelView(ink=self._ink)
        yield Readout()

    def show(self, tiles: Images, scale: int, captions: list[Line]) -> None:
        """Show tiles [N, C, H, W]."""
        self.query_one(PixelView).show_grid(tiles[None], scale=scale)
        self.query_one(Readout).show(captions)


class Gallery(ModalScreen[int | None]):
    """Returns the number of the test image that was chosen; None where it was left."""

    DEFAULT_CSS = """
    Gallery { align: center middle; background: $background 60%; }
    Gallery #gallery { width: auto; height: auto; max-width: 100%; max-height: 100%; }
    Gallery #gallery { border: round $accent; background: $surface; padding: 0 1; }
    GalleryRow { width: auto; height: auto; }
    Gallery #gallery-words { width: auto; height: auto; padding: 1 2; }
    Gallery .-unused { display: none; }
    """
    BINDINGS = [
        Binding("left,h", "move(-1,0)", "Move"),
        Binding("right,l", "move(1,0)", show=False),
        Binding("up,k", "move(0,-1)", show=False),
        Binding("down,j", "move(0,1)", show=False),
        Binding("pagedown,space", "page(1)", "More"),
        Binding("pageup", "page(-1)", show=False),
        Binding("enter", "choose", "Show on the map"),
        Binding("escape,q", "dismiss", "Close"),
    ]

    def __init__(
        self, table: ErrorTable, ask: Ask, marks: ClassMarks, shape: ImageShape, ink: Ink, away: str
    ) -> None:
        """`away` says that the images are not on this machine, for where they are not."""
        super().__init__()
        self._table, self._ask, self._marks = table, ask, marks
        self._shape, self._ink, self._away = shape, ink, away
        self._order = np.zeros(0, np.int64)
        self._errors = np.zeros(0, np.float32)
        self._cursor = 0  # in that order
        self._grid = (1, 1)  # (rows, columns)
        self._drawn = DrawnSize(1, 1)
        self._first = -1  # of the page that is shown

    def compose(self) -> ComposeResult:
        with Vertical(id="gallery") as box:
            box.border_title = "Worst images"
            box.border_subtitle = "esc closes"
            yield Static(id="gallery-words", markup=False)
            for _ in range(MOST_ROWS):
                yield GalleryRow(self._ink)

    def on_mount(self) -> None:
        self._fit()
        self.take_errors()

    def on_resize(self) -> None:
        self._fit()
        self._show_page()

    @property
    def _tile(self) -> tuple[int, int]:
        """(columns, rows) of a tile with its caption."""
        drawn = self._drawn
        width = max(NARROWEST, drawn.columns + 2 * drawn.scale)
        return width, ((2 * drawn.height + 2) * drawn.scale + 1) // 2 + CAPTION_ROWS

    def _fit(self) -> None:
        """As many tiles as fit."""
        self._drawn = fit(self._shape, *PICTURE)
        width, height = self._tile
        columns, rows = self.app.size
        rows = min(MOST_ROWS, max(1, (rows - EDGE + 1) // height))
        self._grid = rows, max(1, (columns - EDGE) // width)
        self._first = -1

    def take_errors(self) -> None:
        """Show what is known of the errors now; the images once all are known."""
        known = self._table.known
        words = self.query_one("#gallery-words", Static)
        words.display = not known.is_complete or not known.total
        if known.total == 0:
            words.update(self._away)
        elif not known.is_complete:
            words.update(f"Errors of the test images: {known.progress}")
        elif not len(self._order):
            self._order, self._errors = known.worst(), known.errors
            self._show_page()
        for row in self.query(GalleryRow):
            row.set_class(not len(self._order), "-unused")

    def _show_page(self) -> None:
        """Ask for the images of the page with the cursor, unless they are shown."""
        size = self._grid[0] * self._grid[1]
        first = self._cursor // size * size
        if len(self._order) and first != self._first:
            self._first = first
            self.run_worker(self._load(first, size), exclusive=True, exit_on_error=False)
        else:
            self._frame()

    async def _load(self, first: int, size: int) -> None:
        numbers = self._order[first : first + size]
        reply = await self._ask("gather", {"numbers": numbers}, reconstructed=len(numbers))
        if reply is None or "reconstructions" not in reply.arrays:
            self._first = -1
            return
        arrays = reply.arrays
        tiles = self._tiles(arrays["images"], arrays["reconstructions"])
        columns = self._grid[1]
        for place, row in enumerate(self.query(GalleryRow)):
            part = slice(place * columns, (place + 1) * columns)
            row.set_class(place >= self._grid[0] or not len(tiles[part]), "-unused")
            if len(tiles[part]):
                captions = self._captions(numbers[part], arrays["labels"][part])
                row.show(tiles[part], self._drawn.scale, captions)
        last = first + len(numbers)
        box = self.query_one("#gallery")
        box.border_title = f"Worst images {first + 1:,} to {last:,} of {len(self._order):,}"
        box.border_subtitle = "arrows move, enter shows it on the map, esc closes"
        self._frame()

    def _tiles(self, images: Images, reconstructions: Images) -> Images:
        """Each image above its reconstruction, with a margin for the frame."""
        pairs = [shrink(part, self._drawn) for part in (images, reconstructions)]
        width = max(self._drawn.width + 2, -(-NARROWEST // self._drawn.scale))
        beside = width - self._drawn.width
        margins = ((0, 0), (0, 0), (1, 1), (beside // 2, beside - beside // 2))
        return np.pad(np.concatenate(pairs, axis=2), margins)

    def _captions(self, numbers: np.ndarray, labels: np.ndarray) -> list[Line]:
        width = self._tile[0]
        first: Line = []
        second: Line = []
        for number, label in zip(numbers.tolist(), labels.tolist(), strict=True):
            glyph, rest = self._marks.glyph(label), f" #{number}"
            first = [*first, (f" {glyph}", label), (rest.ljust(width - 2), "plain")]
            error = f" {self._errors[number]:.1f} nats"
            second = [*second, (error.ljust(width), "muted")]
        return [first, second]

    def _frame(self) -> None:
        """Mark the tile that the cursor is on."""
        if not len(self._order):
            return
        row, column = divmod(self._cursor - self._first, self._grid[1])
        width = max(self._drawn.width + 2, -(-NARROWEST // self._drawn.scale))
        tile = DrawnSize(2 * self._drawn.height + 2, width, self._drawn.scale)
        for place, line in enumerate(self.query(GalleryRow)):
            line.query_one(PixelView).frame((0, column) if place == row else None, tile)

    def action_move(self, right: int, down: int) -> None:
        self._move(right + down * self._grid[1])

    def action_page(self, direction: int) -> None:
        self._move(direction * self._grid[0] * self._grid[1])

    def _move(self, places: int) -> None:
        if len(self._order):
            self._cursor = min(len(self._order) - 1, max(0, self._cursor + places))
            self._show_page()

    def action_choose(self) -> None:
        if len(self._order):
            self.dismiss(int(self._order[self._cursor]))
