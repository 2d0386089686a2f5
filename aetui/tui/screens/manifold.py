"""Manifold: the latent plane scanned at regular intervals, or its axes one by one; decoded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.latent_map import LatentMap
from aetui.tui.messages import ErrorMessage, OpenCode, SaveFigure
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.manifold_sheets import (
    GUTTER,
    Sheet,
    plane_sheet,
    traversal_sheet,
)
from aetui.tui.screens.plane_screen import PLANE_BINDINGS, PlaneScreen
from aetui.tui.widgets.image_grid import Images, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane import coordinate, decimals
from aetui.tui.widgets.room import Room
from aetui.tui.widgets.scan import Scan, lay_out

SIDES: Final = (14, 20, 28, 10)  # pixels of an image's shorter side, as the key goes through them
LINES: Final = 2  # rows that the horizontal axis and the point below it take
NO_TRAVERSALS: Final = "The weights of this epoch are gone: traversals are those of the last (.)."
NO_IMAGES: Final = np.zeros((1, 1, 1, 1, 1), np.uint8)
Part = str | tuple[str, str]


class ManifoldScreen(PlaneScreen):
    """As many decoded images as fit, and a cursor over them."""

    CSS_PATH = ["plane.tcss", "manifold.tcss"]
    NAME = "manifold"
    BINDINGS = [
        Binding("left,h", "move(-1,0)", "Move", key_display="←↓↑→"),
        Binding("right,l", "move(1,0)", show=False),
        Binding("up,k", "move(0,-1)", show=False),
        Binding("down,j", "move(0,1)", show=False),
        Binding("enter", "open", "Walk here", key_display="⏎"),
        Binding("z", "size", "Image size"),
        *PLANE_BINDINGS,
        Binding("o", "choose_run", "Runs"),
        Binding("v", "traversals", "Traversals"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._side = 0  # index into SIDES
        self._scan: Scan | None = None  # of the plane; kept from one epoch to the next
        self._sheet: Sheet | None = None
        self._traversed = False  # the axes are shown one by one
        self._first_axis = 0  # of those in order
        self._cursor = (0, 0)  # (column, row)
        self._images: Images = NO_IMAGES  # [rows, columns, C, H, W]
        self._exact_for: tuple[object, ...] | None = None  # what the images were decoded for
        self._shown: tuple[object, ...] = ()  # whose plane is laid out

    def body(self) -> Iterable[Widget]:
        """The scanned plane between its axes, and a line that says where the cursor is."""
        with Room(id="content"):
            with Horizontal(id="scan"):
                yield Static(id="y-axis")
                yield PixelView(ink=self.services.profile.ink, id="tiles")
            yield Static(id="x-axis")
            yield Static(id="where")
        yield Static(id="empty")

    def show_plane(self, run: RunSnapshot, before: PlaneMap | None) -> None:
        if self.plane is None:
            self.show_placeholder(self.empty_text())
        elif self._sheet is None or self._shown != self._wanted_plane(self.plane):
            self._shown = self._wanted_plane(self.plane)
            self._first_axis = 0
            self._lay_out()
        elif before is None or (before.key, before.held) != (self.plane.key, self.plane.held):
            self._show_sheet()
        elif self._exact_for != self._wanted():
            self._decode()

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        yield (
            "Image size",
            "More and smaller images, or fewer and larger ones (z)",
            self.action_size,
        )
        says = "A row for each latent axis, those that carry most first, or the plane again (v)"
        yield "Traversals", says, self.action_traversals

    @staticmethod
    def _wanted_plane(plane: PlaneMap) -> tuple[object, ...]:
        return plane.identity, plane.latent.basis.plane_names

    def forget_plane(self) -> None:
        self._scan = self._sheet = self._exact_for = None
        self._shown = ()

    @on(Room.Resized)
    def _lay_out(self) -> None:
        """Choose how many images of what size, and put the cursor into their middle."""
        columns, rows = self.room
        if self.plane is None or not rows:
            return
        room, shape = (columns - GUTTER, rows - LINES), self.plane.latent.image_shape
        self._scan = lay_out(shape, SIDES[self._side], room, self.plane.latent.span)
        sheet = self._make_sheet(self.plane.latent)
        self._cursor = sheet.columns // 2, 0 if self._traversed else sheet.rows // 2
        self._show_sheet()

    def _make_sheet(self, latent: LatentMap) -> Sheet:
        assert self._scan is not None
        if not self._traversed:
            return plane_sheet(latent, self._scan)
        columns, rows = self.room
        room = columns, rows - LINES
        return traversal_sheet(latent, SIDES[self._side], room, self._first_axis)

    def _show_sheet(self) -> None:
        """Show the nearest stored images at once, and those decoded as soon as they are there."""
        assert self.plane is not None
        latent = self.plane.latent
        sheet = self._sheet = self._make_sheet(latent)
        self._exact_for = None
        images = latent.stored_at(sheet.codes)
        if self._traversed or latent.chosen is not None:
            images = np.zeros_like(images)  # what is stored is another plane
        self._images = images.reshape(sheet.rows, sheet.columns, *images.shape[1:])
        self.set_class(self._traversed, "-traversals")
        self.query_one("#y-axis", Static).update(sheet.left)
        self.query_one("#x-axis", Static).update(sheet.below)
        self._draw()
        self._decode()

    def _decode(self) -> None:
        if not self.is_held:  # the weights of an earlier epoch are gone
            self.run_task(self._ask_for_images(), "scan")

    def _wanted(self) -> tuple[object, ...]:
        """What the exact images depend on."""
        run = self.run_shown
        assert self.plane is not None
        return self.plane.key, run.checkpoint if run is not None else None, self._sheet

    async def _ask_for_images(self) -> None:
        if self.plane is None or self._sheet is None:
            return
        sheet, wanted = self._sheet, self._wanted()
        reply = await self.ask("decode", {"z": sheet.codes})
        if reply is None or self.plane is None or self.is_held or self._wanted() != wanted:
            return
        images = reply.arrays["images"]
        self._images = images.reshape(sheet.rows, sheet.columns, *images.shape[1:])
        self._exact_for = wanted
        self._draw()

    def _draw(self) -> None:
        if self._sheet is None:
            return
        drawn = self._sheet.drawn
        self.query_one(PixelView).show_grid(shrink(self._images, drawn), scale=drawn.scale)
        self._draw_cursor()

    def _draw_cursor(self) -> None:
        sheet = self._sheet
        if sheet is None or self.plane is None:
            return
        column, row = self._cursor
        self.query_one(PixelView).frame((row, column), sheet.drawn)
        parts: list[Part] = []
        for named in sheet.places[self._number(sheet)]:
            parts.append((f"{named[0]} ", "$foreground-muted"))
            parts.append((f"{coordinate(named[1], decimals(sheet.step))}  ", "bold $accent"))
        parts.append((f" {sheet.says}, {self.film_text()}", "$foreground-muted"))
        if self._exact_for is None:
            parts.append((f"   {self._stand_in_text()}", "$warning"))
        self.query_one("#where", Static).update(Content.assemble(*parts), layout=False)

    def _stand_in_text(self) -> str:
        """What is shown until the images are decoded, or in place of them."""
        assert self.plane is not None
        if not self._traversed and self.plane.latent.chosen is None:
            return "nearest scanned images"
        return "no weights of this epoch" if self.is_held else "decoding …"

    def _number(self, sheet: Sheet) -> int:
        """Of the place under the cursor, row by row."""
        return self._cursor[1] * sheet.columns + self._cursor[0]

    def action_save_figure(self) -> None:
        if self._traversed and self.is_held:
            self.post_message(ErrorMessage(NO_TRAVERSALS))
        else:
            super().action_save_figure()

    def figure(self) -> SaveFigure | None:
        if self._traversed:
            return self.figure_of(self.run_shown, "traversal")
        return self.plane_figure("manifold")

    @property
    def copied_point(self) -> tuple[float, float] | None:
        if self._sheet is None or self._traversed:
            return None
        (_, x), (_, y) = self._sheet.places[self._number(self._sheet)]
        return x, y

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor by images; traversals scroll with it."""
        sheet = self._sheet
        if sheet is None or self.plane is None:
            return
        column, row = self._cursor[0] + right, self._cursor[1] + down
        width = self.plane.latent.codes.shape[1]
        if self._traversed and not 0 <= row < sheet.rows and 0 <= self._first_axis + row < width:
            self._first_axis += down
            self._show_sheet()
            return
        self._cursor = (
            min(sheet.columns - 1, max(0, column)),
            min(sheet.rows - 1, max(0, row)),
        )
        self._draw_cursor()

    def action_open(self) -> None:
        """Continue in the navigator, from the cursor."""
        if self._sheet is not None:
            self.post_message(OpenCode(self._sheet.codes[self._number(self._sheet)]))

    def action_size(self) -> None:
        """The next size of images."""
        self._side = (self._side + 1) % len(SIDES)
        self._lay_out()

    def action_traversals(self) -> None:
        """A row for each latent axis, or the plane again."""
        self._traversed = not self._traversed
        self._first_axis = 0
        self._lay_out()
