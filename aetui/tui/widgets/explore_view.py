"""A scatter in other colours than its classes', with grounds behind its cells and images on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from aetui.terminal import Ink
from aetui.tui.contrast import legible
from aetui.tui.widgets.classes import class_colour, class_style
from aetui.tui.widgets.image_grid import Images, picture_image
from aetui.tui.widgets.pixel_renderer import pixel_renderer
from aetui.tui.widgets.plane import CELL_ASPECT, Viewport, count_cells, density_levels
from aetui.tui.widgets.plane_marks import EDGE, GUTTER
from aetui.tui.widgets.plane_view import PlaneView
from aetui.tui.widgets.snap import of_shown_classes
from aetui.tui.widgets.strip_view import Cell

# Viridis (van der Walt and Smith, 2015): low to high, without the end that no dark ground shows.
RAMP: Final = ("#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
RAMP_CONTRAST: Final = 2.2
GLYPH_CONTRAST: Final = 3.0  # of a glyph to the tinted ground behind it
STRONGEST: Final = 0.34  # share of its class's colour that a ground takes where all agree
STEPS: Final = 4  # of confidence that a ground shows


@dataclass(frozen=True)
class Colouring:
    """What the glyphs' colours say: a cluster of each point, or a value, from `low` to `high`."""

    kind: Literal["cluster", "value"]
    of_points: NDArray[np.int64] | NDArray[np.float32]  # [N]
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Decisions:
    """The class of each cell and how sure it is, [rows, columns], for one view of the plane."""

    view: Viewport
    labels: NDArray[np.int64]
    confidence: NDArray[np.float32]  # 0 to 1


@dataclass(frozen=True)
class Placed:
    """An image [C, H, W] on the map, its upper left corner in that cell."""

    row: int
    column: int
    image: Images


def ramp_colour(step: int, ground: Color) -> Color:
    """The colour of a step of RAMP that can be told from the ground."""
    return legible(Color.parse(RAMP[step]), ground, RAMP_CONTRAST)


class ExploreView(PlaneView):
    """The plane on Scatter. Posts `Pointed` for a click and `Moved` when another part is shown."""

    ALLOW_SELECT = False
    MARGIN = 0  # its crosshair is on a code, and the map shows the codes as it is

    @dataclass
    class Pointed(Message):
        """A click on this point of the plane."""

        x: float
        y: float

    class Moved(Message):
        """The part of the plane that is shown is another, or its size."""

    def __init__(self, *, ink: Ink, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ink = ink
        self._colouring: Colouring | None = None
        self._decisions: Decisions | None = None
        self._pictures: dict[tuple[int, int], Cell] = {}  # by (row, column)
        self._tones: list[list[Style | None]] = []  # of the cells, instead of the classes'
        self._mixed: dict[tuple[Style, int, int], Style] = {}
        self._drawn_for: tuple[Viewport, Size] | None = None

    @property
    def hidden(self) -> frozenset[int]:
        """The classes that are not shown."""
        return self._hidden

    def colour(self, colouring: Colouring | None) -> None:
        """Colour the glyphs so from now on; None: by their classes."""
        self._colouring = colouring
        self._redraw()

    def tint(self, decisions: Decisions | None) -> None:
        """Show these decisions behind the cells for as long as their view is the one shown."""
        self._decisions = decisions
        self._redraw()

    def place(self, pictures: Sequence[Placed]) -> None:
        """Lay these images over the map."""
        self._pictures = {}
        renderer = pixel_renderer(self._ink)
        for picture in pictures:
            segments = renderer.render(picture_image(picture.image))
            for row, line in enumerate(Segment.split_lines(segments)):
                self._lay(picture.row + row, picture.column, line)
        self._redraw()

    def _lay(self, row: int, column: int, line: Sequence[Segment]) -> None:
        for text, style, _ in line:
            for character in text:
                self._pictures[row, column] = character, style or Style.null()
                column += 1

    def zoom(self, factor: float, about: tuple[float, float] | None) -> None:
        """Look closer; the point `about`, where it is shown, stays where it is."""
        view = self.view
        x, y = about if about and view.contains(*about, *self.plot_size) else (view.x, view.y)
        left = Viewport(x + (view.x - x) / factor, y + (view.y - y) / factor, view.column / factor)
        self.view = left

    def expect(self, place: tuple[float, float] | None) -> None:
        """The next points are drawn with the crosshair there."""
        self._cross = place

    def bring(self, x: float, y: float) -> None:
        """Move a part of the plane that was chosen so that this point is on it."""
        size = self.plot_size
        if self._view is not None and not self._view.contains(x, y, *size, EDGE):
            self.view = Viewport(x, y, self._view.column)

    def cell_points(self) -> NDArray[np.float32]:
        """The plane's point in the middle of each cell, [rows * columns, 2]."""
        columns, rows = self.plot_size
        left, top = self.view.to_plane(0, 0, columns, rows)
        x = left + self.view.column * np.arange(columns)
        y = top - self.view.column * CELL_ASPECT * np.arange(rows)
        return np.stack([np.tile(x, rows), np.repeat(y, columns)], 1).astype(np.float32)

    def on_click(self, event: events.Click) -> None:
        columns, rows = self.plot_size
        column, row = event.x - GUTTER, event.y
        if 0 <= column < columns and 0 <= row < rows:
            self.post_message(self.Pointed(*self.view.to_plane(column, row, columns, rows)))

    def take_colours(self) -> None:
        self._mixed.clear()
        super().take_colours()

    def _draw(self) -> None:
        drawn_for = self.view, self.size
        if drawn_for != self._drawn_for:
            self._drawn_for = drawn_for
            self._pictures = {}
            self.post_message(self.Moved())
        self._tones = self._find_tones()
        super()._draw()

    def _find_tones(self) -> list[list[Style | None]]:
        """The style of each cell's glyph, where it does not follow the class."""
        colouring, (columns, rows) = self._colouring, self.plot_size
        if colouring is None or len(colouring.of_points) != len(self._points):
            return []
        shown = of_shown_classes(self._labels, self._hidden)
        points, values = self._points[shown], colouring.of_points[shown]
        if colouring.kind == "cluster":
            found = count_cells(points, values.astype(np.int64), self.view, columns, rows)
            levels = density_levels(found.count)
            tones, styles = found.label * 4 + levels, self._cluster_style
        else:
            tones, styles = self._value_steps(points, values, colouring), self._ramp_style
        made = {tone: styles(tone) for tone in np.unique(tones).tolist()}
        return [[made[tone] for tone in line] for line in tones.tolist()]

    def _cluster_style(self, tone: int) -> Style | None:
        if tone < 0:
            return None
        return class_style(tone // 4, self.ground, tone % 4) + self.ground_style

    def _ramp_style(self, tone: int) -> Style | None:
        if tone < 0:
            return None
        colour = ramp_colour(tone, self.ground)
        return Style(color=colour.rich_color, bold=True) + self.ground_style

    def _value_steps(
        self, points: NDArray[np.float32], values: NDArray[np.generic], colouring: Colouring
    ) -> NDArray[np.int64]:
        """The step of RAMP of each cell's mean value, [rows, columns]; -1 where there is none."""
        columns, rows = self.plot_size
        cells = self.view.to_cells(points, columns, rows)
        inside = ((cells >= 0) & (cells < [columns, rows])).all(1)
        flat = cells[inside, 1] * columns + cells[inside, 0]
        sums = np.bincount(flat, values[inside].astype(np.float64), minlength=rows * columns)
        counts = np.bincount(flat, minlength=rows * columns)
        means = sums / np.maximum(counts, 1)
        share = (means - colouring.low) / max(colouring.high - colouring.low, 1e-12)
        steps = np.clip((share * len(RAMP)).astype(np.int64), 0, len(RAMP) - 1)
        return np.where(counts > 0, steps, -1).reshape(rows, columns)

    def _strip(self, row: int, cells: list[Cell]) -> Strip:
        """The line with its layers, which lie below the crosshair and whatever else is marked."""
        return super()._strip(row, self._layered(row, cells))

    def _layered(self, row: int, cells: list[Cell]) -> list[Cell]:
        tones = self._tones[row] if row < len(self._tones) else None
        grounds = self._grounds(row)
        if tones is None and grounds is None and not self._pictures:
            return cells
        own, layered = self._cells[row], list(cells)
        for column, cell in enumerate(cells):
            if cell is not own[column]:
                continue  # a mark
            if (picture := self._pictures.get((row, column))) is not None:
                layered[column] = picture
                continue
            character, style = cell
            if tones is not None and character != " ":
                style = tones[column] or style
            if grounds is not None:
                style = self._on_tint(style, *grounds[column])
            layered[column] = character, style
        return layered

    def _grounds(self, row: int) -> list[tuple[int, int]] | None:
        """(label, step of confidence) of each cell of the row."""
        found, (columns, rows) = self._decisions, self.plot_size
        if found is None or found.view != self.view or found.labels.shape != (rows, columns):
            return None
        steps = np.rint(found.confidence[row] * STEPS).astype(int)
        return list(zip(found.labels[row].tolist(), steps.tolist(), strict=True))

    def _on_tint(self, style: Style, label: int, step: int) -> Style:
        key = style, label, step
        if key not in self._mixed:
            share = STRONGEST * step / STEPS
            ground = self.ground.blend(class_colour(label, self.ground), share)
            mixed = style + Style(bgcolor=ground.rich_color)
            if style.color is not None:
                colour = Color.from_rich_color(style.color)
                mixed += Style(color=legible(colour, ground, GLYPH_CONTRAST).rich_color)
            self._mixed[key] = mixed
        return self._mixed[key]
