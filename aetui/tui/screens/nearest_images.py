"""Looks up the images nearest to the crosshair, once it rests: a key costs no more for it."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from aetui.tui.screens.crosshair import CrosshairScreen
from aetui.tui.screens.scatter_text import not_here
from aetui.tui.widgets.nearest import SHOWN, Near, NearestImages
from aetui.tui.widgets.snap import nearest_codes

REST: Final = 0.2  # seconds
LONGEST: Final = 1.0  # seconds that the images may be those of an earlier place, as on a tour
READING_AFTER: Final = 0.3  # seconds without an answer
ROOM: Final = (100, 30)  # (columns, rows) of a screen that shows them without being asked
READING: Final = "nearest images: reading the data set …"


class NearestLookup:
    """One for the screen."""

    def __init__(self, screen: CrosshairScreen, view: NearestImages) -> None:
        self._screen, self._view = screen, view
        self._wanted: bool | None = None  # None: where there is room
        self._moved_at = self._left_at = 0.0  # now, and first since the images were looked up
        self._waits = False

    @property
    def is_shown(self) -> bool:
        if self._wanted is not None:
            return self._wanted
        width, height = self._screen.app.size
        return width >= ROOM[0] and height >= ROOM[1]

    def toggle(self) -> None:
        """Show the images, or hide them."""
        self._wanted = not self.is_shown
        self.refresh()

    def refresh(self) -> None:
        """The room is another, or the map, or whether they are wanted."""
        self._view.set_class(self.is_shown, "-shown")
        self.note_move()

    def note_move(self) -> None:
        """The crosshair is somewhere else."""
        self._moved_at = time.monotonic()
        if self.is_shown and not self._waits:
            self._waits, self._left_at = True, self._moved_at
            self._screen.set_timer(REST, self._rested)

    def _rested(self) -> None:
        left = min(self._moved_at + REST, self._left_at + LONGEST) - time.monotonic()
        if left > 0:
            self._screen.set_timer(left, self._rested)
            return
        self._waits = False
        if self.is_shown and self._screen.is_current:
            self._screen.run_task(self._look_up(), "nearest", newest=True)

    async def _look_up(self) -> None:
        plane, run = self._screen.plane, self._screen.run_shown
        if plane is None or run is None:
            return
        codes, code = plane.latent.codes, self._screen.code[0]
        numbers = np.array(nearest_codes(codes, code, SHOWN), np.int64)
        slow = self._screen.set_timer(READING_AFTER, self._say_reading)
        reply = await self._screen.ask(
            "gather", {"numbers": numbers}, reconstructed=0, lane="nearest"
        )
        slow.stop()
        if reply is None:
            return
        if not reply.header["total"]:
            self._view.explain_absence(not_here(run.config.data))
            return
        distances = np.linalg.norm(codes[numbers] - code, axis=1).tolist()
        labels = reply.arrays["labels"].tolist()
        self._view.show(Near(reply.arrays["images"], labels, distances), self._screen.marks)

    def _say_reading(self) -> None:
        if not self._view.text:
            self._view.explain_absence(READING)
