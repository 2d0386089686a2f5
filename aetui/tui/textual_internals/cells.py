"""What each cell of the terminal shows, where that is known."""

from __future__ import annotations

import unicodedata
from typing import Final

from rich.cells import cell_len

from aetui.tui.textual_internals.sgr import UNKNOWN, Style, shows_on_blanks

NOTHING_KNOWN: Final = "\0"  # a character that no cell shows
# Unchanged cells that are cheaper to write again than to jump over.
GAP: Final = 4
# Combining marks, joiners and private characters: terminals disagree about their width.
_UNSURE: Final = frozenset({"Mn", "Me", "Mc", "Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_ONE_CELL: Final[set[str]] = set()


def is_one_cell_each(text: str) -> bool:
    """Whether every terminal shows each character of `text` in one cell."""
    if text.isascii():
        return True
    new = set(text) - _ONE_CELL
    good = {char for char in new if _is_one_cell(char)}
    _ONE_CELL.update(good)
    return len(good) == len(new)


def _is_one_cell(character: str) -> bool:
    return cell_len(character) == 1 and unicodedata.category(character) not in _UNSURE


class Cells:
    """Characters and styles of a screen; `forget` makes them unknown."""

    def __init__(self) -> None:
        self.size = (0, 0)  # columns, rows
        self._texts: list[str] = []  # a line each
        self._styles: list[list[Style]] = []

    def forget(self) -> None:
        columns, rows = self.size
        self._texts = [NOTHING_KNOWN * columns] * rows
        self._styles = [[UNKNOWN] * columns for _ in range(rows)]

    def forget_row(self, row: int, column: int) -> None:
        """From `column` to the end of the row."""
        width = self.size[0]
        self._texts[row] = self._texts[row][:column] + NOTHING_KNOWN * (width - column)
        self._styles[row][column:] = [UNKNOWN] * (width - column)

    def put(self, row: int, column: int, text: str, style: Style) -> list[tuple[int, int]]:
        """Store `text`. Returns what of it is not on the screen yet, as (start, stop) within it.

        Runs that are a few cells apart become one.
        """
        end = column + len(text)
        line, styles = self._texts[row], self._styles[row]
        shown, before = line[column:end], styles[column:end]
        if style != UNKNOWN and shown == text and before.count(style) == len(text):
            return []
        runs = _changed(text, style, shown, before)
        self._texts[row] = line[:column] + text + line[end:]
        styles[column:end] = [style] * len(text)
        return runs

    def at(self, row: int, column: int) -> tuple[str, Style]:
        return self._texts[row][column], self._styles[row][column]


def _changed(text: str, style: Style, shown: str, before: list[Style]) -> list[tuple[int, int]]:
    if style == UNKNOWN:
        return [(0, len(text))]
    # On a blank only the background shows, unless it is underlined or the like.
    ground = None if shows_on_blanks(style) else (style[0], style[2])
    runs: list[tuple[int, int]] = []
    for index, (new, old, was) in enumerate(zip(text, shown, before, strict=True)):
        if old == new and (was == style or (new == " " and ground == (was[0], was[2]))):
            continue
        if runs and index - runs[-1][1] <= GAP:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs
