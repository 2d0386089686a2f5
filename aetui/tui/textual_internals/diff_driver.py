"""What goes over the wire: of everything Textual writes, only the cells that differ from what the terminal shows.

Textual repaints whole spans of lines, and Rich ends every run of cells with a reset. Over SSH that is most of the
traffic. `Wire` keeps a copy of the terminal's cells, reads Textual's output, and writes the difference: changed cells,
the shortest way to them, and only the attributes that change.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from textual.drivers.linux_driver import LinuxDriver

# A styled run as Rich writes it, whole; any other sequence; a control character; text without a style.
TOKEN: Final = re.compile(
    r"\x1b\[([0-9;]*)m([^\x1b\r\n]+)\x1b\[0m|\x1b\[([0-9;?<>=$]*)([A-Za-z])|(\x1b[^\[]|[\r\n])|([^\x1b\r\n]+)"
)
STYLED, SEQUENCE, CONTROL = 2, 4, 5  # the last group of each
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
FORGETS: Final = frozenset(
    {"?1049h", "?1049l", "2J", "3J", "J"}
)  # after these the screen shows something else
GAP: Final = 4  # unchanged cells that are cheaper to write again than to jump over

Style = tuple[str, str, str]
"""(attributes such as "1;3", foreground such as "38;5;240", background); "" for the terminal's own."""
PLAIN: Final[Style] = ("", "", "")
UNKNOWN: Final[Style] = ("?", "?", "?")  # equals no style that a cell can have
INKLESS: Final = frozenset({"4", "7", "9", "21", "53"})  # attributes that show on a blank

# Box drawing, Braille, blocks and marks for terminals that know only ASCII.
ASCII: Final = {
    **dict.fromkeys(map(ord, "─╌┄╴╶┴┬┻┳╵╷▁▔"), "-"),
    **dict.fromkeys(map(ord, "━═╍┅╸╺╾╼"), "="),
    **dict.fromkeys(map(ord, "│┃║┆┇╎╏▏▕▎▍▌▐╿╽"), "|"),
    **dict.fromkeys(map(ord, "┌┐└┘├┤┼╭╮╰╯┏┓┗┛┣┫╋╔╗╚╝╠╣╬┠┨┢┪┡┩"), "+"),
    **dict.fromkeys(map(ord, "█▉▊▋▆▇▅"), "#"),
    **dict.fromkeys(map(ord, "▀▄▂▃"), "="),
    **dict.fromkeys(range(0x2801, 0x2900), "*"),
    **{ord(character): plain for character, plain in zip("←→↑↓…·–—σ×≤≥▲▼◀▶●○•⏎⌫⭘�\u00a0", "<>^v.--- sx<>^v<>*o*EBo?_", strict=False)},
    0x2800: " ",
}  # fmt: skip


@lru_cache(4096)
def _parse(parameters: str) -> Style:
    """The style that an SGR sequence sets from plain, as Rich writes them."""
    attributes, foreground, background = [], "", ""
    numbers = iter(parameters.split(";"))
    for number in numbers:
        if number in ("38", "48"):
            kind = next(numbers, "")
            rest = [next(numbers, "") for _ in range(1 if kind == "5" else 3)]
            colour = ";".join((number, kind, *rest))
            foreground, background = (
                (colour, background) if number == "38" else (foreground, colour)
            )
        elif number[:1] == "3" or (number[:1] == "9" and len(number) == 2):
            foreground = "" if number == "39" else number
        elif (number[:1] == "4" and len(number) == 2) or number[:2] == "10":
            background = "" if number == "49" else number
        elif number not in ("", "0"):
            attributes.append(number)
    return ";".join(attributes), foreground, background


@lru_cache(16384)
def _change(before: Style, after: Style) -> str:
    """The shortest SGR sequence from one style to another."""
    if before == after:
        return ""
    parts: list[str] = []
    if before[0] != after[0]:
        parts, before = (["0"] if before != PLAIN else []), PLAIN
        if after[0]:
            parts.append(after[0])
    if after[1] != before[1]:
        parts.append(after[1] or "39")
    if after[2] != before[2]:
        parts.append(after[2] or "49")
    return f"\x1b[{';'.join(parts)}m"


class OutputDiff:
    """The terminal as it should look by now. `compress` turns Textual's output into what must be sent."""

    def __init__(self, *, colours: bool = True, ascii_only: bool = False) -> None:
        self._colours = colours
        self._ascii = ascii_only
        self._texts: list[str] = []  # a line each
        self._styles: list[list[Style]] = []
        self._size = (0, 0)
        self._at: tuple[int, int] | None = None  # the terminal's cursor, where it is known
        self._sent: Style = UNKNOWN  # the style that the terminal is set to
        self._target: tuple[int, int] = (0, 0)  # where Textual believes its cursor to be
        self._style: Style = PLAIN  # what Textual has set
        self._sync_waits = False

    def forget(self) -> None:
        """Take nothing for shown: the next output is sent whole."""
        columns, rows = self._size
        self._texts = ["\0" * columns] * rows
        self._styles = [[UNKNOWN] * columns for _ in range(rows)]
        self._at, self._sent = None, UNKNOWN

    def compress(self, data: str, size: tuple[int, int]) -> str:
        """What must be sent for `data` to show on a terminal of `size` (columns, rows)."""
        if size != self._size:
            self._size = size
            self.forget()
        out: list[str] = []
        for match in TOKEN.finditer(data):
            kind = match.lastindex
            if kind == STYLED:
                self._style = self._parsed(match[1])
                self._write(match[2], out)
                self._style = PLAIN
            elif kind == SEQUENCE:
                self._follow(match[3], match[4], out)
            elif kind != CONTROL:
                self._write(match[6], out)
            elif match[5] not in ("\r", "\n"):  # Textual says where each of its lines begins
                self._pass(match[5], match[5], out)
        return "".join(out)

    def _follow(self, parameters: str, final: str, out: list[str]) -> None:
        """Take note of a move or a style; let anything else through."""
        if final == "H":
            row, _, column = parameters.partition(";")
            self._target = int(row or 1) - 1, int(column or 1) - 1
        elif final == "m" and not parameters.startswith((">", "?")):
            self._style = self._parsed(parameters)
        else:
            self._pass(f"\x1b[{parameters}{final}", f"{parameters}{final}", out)

    def _parsed(self, parameters: str) -> Style:
        style = _parse(parameters)
        return style if self._colours else (style[0], "", "")

    def _pass(self, sequence: str, code: str, out: list[str]) -> None:
        """Let a sequence through that is not ours to shorten."""
        if sequence == SYNC_START:
            self._sync_waits = True
        elif sequence == SYNC_END and self._sync_waits:
            self._sync_waits = False  # nothing came between: neither is needed
        else:
            out.append(sequence)
            if code in FORGETS:
                self.forget()

    def _write(self, text: str, out: list[str]) -> None:
        row, column = self._target
        if self._ascii:
            text = text.translate(ASCII).encode("ascii", "replace").decode()
        width = len(text) if text.isascii() else cell_len(text)
        end = column + width
        self._target = row, end
        columns, rows = self._size
        if row >= rows:
            return
        if width != len(text):
            self._write_wide(text, width, out)
            return
        if end > columns:
            text, end = text[: max(0, columns - column)], max(column, columns)
        line, styles, style = self._texts[row], self._styles[row], self._style
        shown, before = line[column:end], styles[column:end]
        if shown == text and before.count(style) == len(text):
            return
        for start, stop in self._changed(text, shown, before):
            self._send(row, column + start, text[start:stop], out)
        self._texts[row] = line[:column] + text + line[end:]
        styles[column:end] = [style] * len(text)

    def _changed(self, text: str, shown: str, styles: list[Style]) -> list[tuple[int, int]]:
        """(start, stop) of the runs of `text` that do not show yet; runs a few cells apart become one."""
        style = self._style
        blank = (style[2], style[0]) if INKLESS.isdisjoint(style[0].split(";")) else None
        runs: list[tuple[int, int]] = []
        for index, (character, old, before) in enumerate(zip(text, shown, styles, strict=True)):
            if old == character and (
                before == style or (character == " " and blank == (before[2], before[0]))
            ):
                continue
            if runs and index - runs[-1][1] <= GAP:
                runs[-1] = (runs[-1][0], index + 1)
            else:
                runs.append((index, index + 1))
        return runs

    def _send(self, row: int, column: int, text: str, out: list[str]) -> None:
        if self._sync_waits:
            out.append(SYNC_START)
            self._sync_waits = False
        out.append(self._way_to(row, column))
        style = self._style
        if (
            not text.strip(" ")
            and self._sent != UNKNOWN
            and INKLESS.isdisjoint(style[0].split(";"))
            and self._sent[0] == style[0]
        ):
            style = (
                style[0],
                self._sent[1],
                style[2],
            )  # a blank has no ink: leave its colour as it is
        out.append(
            _change(self._sent, style)
            if self._sent != UNKNOWN
            else "\x1b[0m" + _change(PLAIN, style)
        )
        out.append(text)
        self._sent = style
        # At the right edge terminals differ in where the cursor is.
        self._at = (row, column + len(text)) if column + len(text) < self._size[0] else None

    def _way_to(self, row: int, column: int) -> str:
        """The shortest sequence that brings the cursor there."""
        if self._at == (row, column):
            return ""
        if self._at is not None and self._at[0] == row and column > self._at[1]:
            distance = column - self._at[1]
            return f"\x1b[{distance if distance > 1 else ''}C"
        return f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H"

    def _write_wide(self, text: str, width: int, out: list[str]) -> None:
        """Text with characters that are not one cell wide is sent as it is, and taken for unknown afterwards."""
        row, column = self._target[0], self._target[1] - width
        self._send(row, column, text, out)
        self._at = None
        end = min(column + width, self._size[0])
        line = self._texts[row]
        self._texts[row] = line[:column] + "\0" * (end - column) + line[end:]
        self._styles[row][column:end] = [UNKNOWN] * (end - column)


def driver_for(wire: OutputDiff) -> type[LinuxDriver]:
    """Textual's driver for Linux and macOS, with `wire` between it and the terminal."""

    class WireDriver(LinuxDriver):
        def write(self, data: str) -> None:
            if compressed := wire.compress(data, _terminal_size(self.fileno)):
                super().write(compressed)

    return WireDriver


def _terminal_size(file: int) -> tuple[int, int]:
    """(columns, rows) as the kernel knows them."""
    try:
        columns, rows = os.get_terminal_size(file)
    except OSError:
        return 80, 24
    return columns, rows
