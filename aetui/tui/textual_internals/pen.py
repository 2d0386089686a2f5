"""The writing end of the terminal: its cursor, its style, and what is still to be sent to it."""

from __future__ import annotations

from typing import Final

from aetui.tui.textual_internals.sgr import UNKNOWN, Style, change_style, shows_on_blanks

Place = tuple[int, int]
"""Row and column, from 0. A column past the last one: the next character wraps, or stays there."""
SYNC_START: Final = "\x1b[?2026h"
SYNC_END: Final = "\x1b[?2026l"


class Pen:
    """Moves and draws with as few bytes as possible. `place` is None where it is not known."""

    def __init__(self) -> None:
        self.columns = 0
        self.place: Place | None = None
        self.style: Style = UNKNOWN
        self._frame_waits = False  # a synchronized frame has begun, and nothing of it was sent
        self._out: list[str] = []

    def forget(self) -> None:
        """Take neither the cursor's place nor the style for known."""
        self.place, self.style = None, UNKNOWN

    def take_output(self) -> str:
        """What is to be sent. It is returned once."""
        sent, self._out = "".join(self._out), []
        return sent

    def emit(self, text: str) -> None:
        """Send `text` as it is."""
        if text:
            if self._frame_waits:
                self._out.append(SYNC_START)
                self._frame_waits = False
            self._out.append(text)

    def mark_frame(self, sequence: str) -> None:
        """Begin or end a synchronized frame. A frame in which nothing changes is not sent."""
        if sequence == SYNC_START:
            self._frame_waits = True
        elif self._frame_waits:
            self._frame_waits = False
        else:
            self.emit(sequence)

    def go(self, place: Place) -> None:
        """Move the cursor."""
        self.emit(self._way_to(place))
        self.place = place

    def set_style(self, style: Style) -> None:
        self.emit(change_style(self.style, style))
        self.style = style

    def draw(self, row: int, column: int, text: str, style: Style | None) -> None:
        """Draw `text` there; with `style` None in the style that the terminal has now."""
        self.go((row, column))
        if style is not None:
            if self.style[0] == style[0] and not text.strip(" ") and not shows_on_blanks(style):
                style = (style[0], self.style[1], style[2])  # the foreground does not show
            self.set_style(style)
        self.emit(text)
        self.place = row, column + len(text)

    def is_on_screen(self, place: Place) -> bool:
        """Whether `place` is a cell, and not past the last column of its row."""
        return place[1] < self.columns

    def _way_to(self, place: Place) -> str:
        """The shortest sequence that brings the cursor there."""
        if self.place == place:
            return ""
        row, column = place
        if self.place is not None and self.is_on_screen(self.place) and self.place[0] == row:
            distance = column - self.place[1]
            if distance > 0:
                return f"\x1b[{distance if distance > 1 else ''}C"
        return f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1 if row else ''}H"
