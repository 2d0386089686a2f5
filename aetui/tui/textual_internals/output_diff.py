"""Of everything that is written to a terminal, only what changes its cells.

Textual repaints whole spans of lines, and Rich ends every run of cells with a reset. Over SSH that
is most of the traffic: in the navigator a key takes 3.1 kB instead of 10.6 kB.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from aetui.terminal.characters import to_ascii
from aetui.tui.textual_internals.cells import Cells, is_one_cell_each
from aetui.tui.textual_internals.control_sequences import (
    TOKEN,
    Effect,
    effect_of_control,
    effect_of_csi,
    effect_of_escape,
    effect_of_string,
    opens_link,
)
from aetui.tui.textual_internals.sgr import (
    PLAIN,
    UNKNOWN,
    Style,
    apply_sgr,
    change_style,
    shows_on_blanks,
    without_colours,
)

Place = tuple[int, int]
"""Row and column, from 0. A column past the last one: the next character wraps, or stays there."""
SYNC_START: Final = "\x1b[?2026h"
SYNC_END: Final = "\x1b[?2026l"
EFFECTS: Final[dict[str, Callable[[str], Effect]]] = {
    "csi": effect_of_csi,
    "string": effect_of_string,
    "escape": effect_of_escape,
    "control": effect_of_control,
    "broken": lambda _: Effect.MEANING,
}


class OutputDiff:
    """Follows what a terminal shows; `compress` turns output into what must be sent.

    Two states are followed: the one that the output has asked for (`_goal`, `_style`), and the one
    that the terminal is in (`_at`, `_sent`), which lags behind until something must be drawn.
    Where `_goal` or `_style` is None, the terminal is as the output wants it, but how is not known.
    """

    def __init__(
        self, *, colours: bool = True, ascii_only: bool = False, follow: bool = True
    ) -> None:
        self._colours = colours
        self._ascii_only = ascii_only
        self._cells = Cells()
        self._following = follow  # False: everything passes, less what cannot be shown
        self._goal: Place | None = None
        self._line_feeds = 0  # that the output has asked for since
        self._style: Style | None = PLAIN
        self._in_link = False
        self._at: Place | None = None
        self._sent: Style = UNKNOWN
        self._held = ""  # the start of a sequence whose end is still to come
        self._frame_waits = False  # a synchronized frame has begun, and nothing of it was sent
        self._out: list[str] = []

    def forget(self) -> None:
        """Take nothing for shown: the next output is sent whole."""
        self._cells.forget()
        self._at, self._sent = None, UNKNOWN
        if self._goal is not None and not self._on_screen(self._goal):
            self._goal = None

    def compress(self, data: str, size: tuple[int, int]) -> str:
        """What must be sent for `data` to show on a terminal of `size` (columns, rows)."""
        if size != self._cells.size:
            self._cells.size = size
            self._goal, self._line_feeds = None, 0
            self.forget()
        data, self._held = self._held + data, ""
        for match in TOKEN.finditer(data):
            if match.lastgroup == "styled":
                self._write_styled(match["sgr"], match["styled"])
            else:
                self._take(str(match.lastgroup), match)
        # Where the cursor rests, an input method opens its window.
        if self._following and self._goal and self._on_screen(self._goal) and not self._line_feeds:
            self._go(self._goal)
        return self._taken_out()

    def finish(self) -> str:
        """What is held back because its end has not come."""
        if self._held:
            self._pass(self._held, Effect.MEANING)
            self._held = ""
        return self._taken_out()

    def _taken_out(self) -> str:
        sent, self._out = "".join(self._out), []
        return sent

    def _take(self, kind: str, match: re.Match[str]) -> None:
        """Take in one token."""
        if kind == "text":
            self._write(match[0])
        elif kind == "unfinished":
            self._held = match[0]
        elif kind == "sgr_only":
            self._set_style(match["sgr_only"])
        elif not self._following:
            self._emit(match[0])
        elif kind == "position":
            self._set_goal(match["position"])
        elif match[0] in (SYNC_START, SYNC_END):
            self._mark_frame(match[0])
        elif match[0] != "\n" or not self._defer_line_feed():
            self._pass(match[0], EFFECTS[kind](match[0]))

    def _emit(self, text: str) -> None:
        if text:
            if self._frame_waits:
                self._out.append(SYNC_START)
                self._frame_waits = False
            self._out.append(text)

    def _mark_frame(self, sequence: str) -> None:
        """A frame in which nothing changes is not sent at all."""
        if sequence == SYNC_START:
            self._frame_waits = True
        elif self._frame_waits:
            self._frame_waits = False
        else:
            self._emit(sequence)

    def _set_goal(self, parameters: str) -> None:
        row, _, column = parameters.partition(";")
        columns, rows = self._cells.size
        self._goal = _clamped(row, rows), _clamped(column, columns)
        self._line_feeds = 0

    def _defer_line_feed(self) -> bool:
        """Textual ends each line with one, and then moves the cursor: no need to send it."""
        if self._goal is None or self._goal[0] + self._line_feeds + 1 >= self._cells.size[1]:
            return False
        self._line_feeds += 1
        return True

    def _set_style(self, parameters: str) -> None:
        if not self._colours:
            kept = without_colours(parameters)
            if kept is None:
                return
            parameters = kept
        sequence = f"\x1b[{parameters}m"
        if not self._following:
            self._emit(sequence)
        elif apply_sgr(PLAIN, parameters) is None:
            self._pass(sequence, Effect.ANYTHING)
        else:
            self._style = apply_sgr(self._style, parameters)
            if self._style is None:  # known only as a change of one that is not known
                self._emit(sequence)

    def _write_styled(self, parameters: str, text: str) -> None:
        """Text in a style, then a reset: nearly all that Textual writes, so the short way."""
        style = apply_sgr(self._style, parameters) if self._following and self._colours else None
        if style is None:
            self._set_style(parameters)
            self._write(text)
            self._set_style("0")
        else:
            self._style = style
            self._write(text)
            self._style = PLAIN

    def _pass(self, sequence: str, effect: Effect) -> None:
        """Let a sequence through, and forget what it may have changed."""
        self._settle()
        self._emit(sequence)
        if effect is Effect.LINK:
            self._in_link = opens_link(sequence)
        elif effect is Effect.CELLS:
            self._cells.forget()
            if self._goal is not None and not self._on_screen(self._goal):
                self._goal, self._at = None, None
        elif effect is not Effect.NOTHING:
            self._cells.forget()
            self._goal, self._at = None, None
            self._style, self._sent = None, UNKNOWN
            self._following = effect is not Effect.MEANING

    def _settle(self) -> None:
        """Bring the terminal into the state that the output has asked for."""
        if self._goal is not None and self._goal != self._at:
            if self._on_screen(self._goal):
                self._go(self._goal)
            else:  # the cursor hangs past the last column, where only writing brings it
                row, column = self._goal
                character, style = self._cells.at(row, column - 1)
                self._send(row, column - 1, character, style)
        self._settle_style()
        if self._line_feeds:
            self._emit("\n" * self._line_feeds)
            self._goal, self._at, self._line_feeds = None, None, 0

    def _settle_style(self) -> None:
        if self._style is not None:
            self._emit(change_style(self._sent, self._style))
            self._sent = self._style

    def _write(self, text: str) -> None:
        if self._ascii_only:
            text = to_ascii(text)
        place = self._goal
        if not self._following:
            self._emit(text)
        elif (
            place is None
            or self._line_feeds
            or place[1] + len(text) > self._cells.size[0]
            or not is_one_cell_each(text)
        ):
            self._write_blindly(text)
        else:
            row, column = place
            style = UNKNOWN if self._style is None or self._in_link else self._style
            for start, stop in self._cells.put(row, column, text, style):
                self._send(row, column + start, text[start:stop], self._style)
            self._goal = row, column + len(text)

    def _write_blindly(self, text: str) -> None:
        """Where the text comes to stand is not known, or how many cells it takes."""
        self._settle()
        self._emit(text)
        place, self._goal, self._at = self._goal, None, None
        if place is not None and place[1] + 2 * len(text) < self._cells.size[0]:
            self._cells.forget_row(place[0], max(0, place[1] - 1))
        else:
            self._cells.forget()

    def _send(self, row: int, column: int, text: str, style: Style | None) -> None:
        """Draw `text` there; with `style` None in the one that the terminal is set to."""
        self._go((row, column))
        if style is not None:
            if self._sent[0] == style[0] and not text.strip(" ") and not shows_on_blanks(style):
                style = (style[0], self._sent[1], style[2])  # the foreground does not show
            self._emit(change_style(self._sent, style))
            self._sent = style
        self._emit(text)
        self._at = row, column + len(text)

    def _go(self, place: Place) -> None:
        self._emit(self._way_to(place))
        self._at = place

    def _way_to(self, place: Place) -> str:
        """The shortest sequence that brings the cursor there."""
        if self._at == place:
            return ""
        row, column = place
        if self._at is not None and self._on_screen(self._at) and self._at[0] == row:
            distance = column - self._at[1]
            if distance > 0:
                return f"\x1b[{distance if distance > 1 else ''}C"
        return f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1 if row else ''}H"

    def _on_screen(self, place: Place) -> bool:
        """Whether the cursor is on a cell, and does not hang past the last column of its row."""
        return place[1] < self._cells.size[0]


def _clamped(number: str, most: int) -> int:
    """A position counted from 1 as an index, moved onto the screen."""
    return min(max(int(number or 1), 1), most) - 1
