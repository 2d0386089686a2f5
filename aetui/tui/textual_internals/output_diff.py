"""Reduces what is written to a terminal to what changes its cells.

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
from aetui.tui.textual_internals.pen import SYNC_END, SYNC_START, Pen, Place
from aetui.tui.textual_internals.sgr import PLAIN, UNKNOWN, Style, apply_sgr, without_colours

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
    that the terminal is in (`_pen`), which lags behind until something must be drawn. Where `_goal`
    or `_style` is None, the terminal is in the state that the output wants, but it is not known
    which state that is.
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
        self._pen = Pen()
        self._held = ""  # the start of a sequence whose end is still to come

    def forget(self) -> None:
        """Forget what the terminal shows: the next output is sent whole."""
        self._cells.forget()
        self._pen.forget()
        if self._goal is not None and not self._pen.is_on_screen(self._goal):
            self._goal = None

    def compress(self, data: str, size: tuple[int, int]) -> str:
        """What must be sent for `data` to show on a terminal of `size` (columns, rows)."""
        if size != self._cells.size:
            self._cells.size, self._pen.columns = size, size[0]
            self._goal, self._line_feeds = None, 0
            self.forget()
        data, self._held = self._held + data, ""
        for match in TOKEN.finditer(data):
            if match.lastgroup == "styled":
                self._write_styled(match["sgr"], match["styled"])
            else:
                self._take(str(match.lastgroup), match)
        # An input method opens its window where the cursor rests.
        goal = self._goal
        if self._following and goal and self._pen.is_on_screen(goal) and not self._line_feeds:
            self._pen.go(goal)
        return self._pen.take_output()

    def finish(self) -> str:
        """What is held back because its end has not come."""
        if self._held:
            self._pass(self._held, Effect.MEANING)
            self._held = ""
        return self._pen.take_output()

    def _take(self, kind: str, match: re.Match[str]) -> None:
        """Take in one token."""
        if kind == "text":
            self._write(match[0])
        elif kind == "unfinished":
            self._held = match[0]
        elif kind == "sgr_only":
            self._set_style(match["sgr_only"])
        elif not self._following:
            self._pen.emit(match[0])
        elif kind == "position":
            self._set_goal(match["position"])
        elif match[0] in (SYNC_START, SYNC_END):
            self._pen.mark_frame(match[0])
        elif match[0] != "\n" or not self._defer_line_feed():
            self._pass(match[0], EFFECTS[kind](match[0]))

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
            self._pen.emit(sequence)
        elif apply_sgr(PLAIN, parameters) is None:
            self._pass(sequence, Effect.ANYTHING)
        else:
            self._style = apply_sgr(self._style, parameters)
            if self._style is None:  # known only as a change of one that is not known
                self._pen.emit(sequence)

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
        self._pen.emit(sequence)
        if effect is Effect.LINK:
            self._in_link = opens_link(sequence)
        elif effect is Effect.CELLS:
            self._cells.forget()
            if self._goal is not None and not self._pen.is_on_screen(self._goal):
                self._goal = self._pen.place = None
        elif effect is not Effect.NOTHING:
            self._cells.forget()
            self._pen.forget()
            self._goal = self._style = None
            self._following = effect is not Effect.MEANING

    def _settle(self) -> None:
        """Bring the terminal into the state that the output has asked for."""
        if self._goal is not None and self._goal != self._pen.place:
            if self._pen.is_on_screen(self._goal):
                self._pen.go(self._goal)
            else:  # the cursor hangs past the last column, where only writing brings it
                row, column = self._goal
                character, style = self._cells.at(row, column - 1)
                self._pen.draw(row, column - 1, character, style)
        if self._style is not None:
            self._pen.set_style(self._style)
        if self._line_feeds:
            self._pen.emit("\n" * self._line_feeds)
            self._goal, self._pen.place, self._line_feeds = None, None, 0

    def _write(self, text: str) -> None:
        if self._ascii_only:
            text = to_ascii(text)
        place = self._goal
        if not self._following:
            self._pen.emit(text)
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
                self._pen.draw(row, column + start, text[start:stop], self._style)
            self._goal = row, column + len(text)

    def _write_blindly(self, text: str) -> None:
        """Write text of which the place or the width in cells is not known."""
        self._settle()
        self._pen.emit(text)
        place, self._goal, self._pen.place = self._goal, None, None
        if place is not None and place[1] + 2 * len(text) < self._cells.size[0]:
            self._cells.forget_row(place[0], max(0, place[1] - 1))
        else:
            self._cells.forget()


def _clamped(number: str, most: int) -> int:
    """The index of a position that is counted from 1, moved onto the screen."""
    return min(max(int(number or 1), 1), most) - 1
