"""Pictures and lines of text in one widget.

Textual goes through every widget that lies between the changed ones, so a key costs less where they
are few: with nine widgets in place of Scatter's card, composing a frame took 1.0 ms, with one 0.8.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import ClassVar

from textual.geometry import Size
from textual.strip import Strip

from aetui.terminal import Ink
from aetui.tui.widgets.picture import Picture
from aetui.tui.widgets.readout import Line, Row, TextView, text_of


class Sheet(TextView):
    """As high as what it shows. `compose_rows` says what that is."""

    INDENT: ClassVar[int] = 0  # columns; of a margin, Textual would take it from the widgets beside

    DEFAULT_CSS = """
    Sheet { width: 100%; height: auto; }
    """

    def __init__(self, *pictures: str, ink: Ink, id: str | None = None) -> None:
        """`pictures` are the names of the places for pictures."""
        super().__init__(id=id)
        self._pictures = {name: Picture(ink) for name in pictures}

    def picture(self, name: str) -> Picture:
        """One of its places for pictures."""
        return self._pictures[name]

    def compose_rows(self) -> Iterator[Row]:
        """The lines that are to be shown now."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show what is to be shown now, once the sheet stands."""
        if not self.is_mounted:
            return
        before = len(self._rows)
        self.show_rows([self._indented(row) for row in self.compose_rows()])
        if len(self._rows) != before:
            self.refresh(layout=True)

    def on_mount(self) -> None:
        self.take_colours()

    def on_resize(self) -> None:
        """Texts are wrapped at the width."""
        self.redraw()

    def take_colours(self) -> None:
        super().take_colours()
        ground = self.ground_style.bgcolor
        accent = self.get_component_rich_style("text--strong").color
        assert ground is not None
        assert accent is not None
        for picture in self._pictures.values():
            picture.take_colours(ground, accent)
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows)

    @property
    def columns(self) -> int:
        """Columns beside the indent."""
        return max(1, self.size.width - self.INDENT)

    def _indented(self, row: Row) -> Row:
        if not self.INDENT:
            return row
        blank = Strip.blank(self.INDENT, self.ground_style)
        return Row(Strip.join([blank, row.strip]), row.text, row.column + self.INDENT)

    def wrapped(self, text: str) -> Iterator[Row]:
        """A longer text, muted, on as many lines as it takes."""
        for line in textwrap.wrap(text, self.columns):
            yield self.row([(line, "muted")])

    def picture_rows(self, name: str) -> Iterator[Row]:
        """A picture alone."""
        yield from map(Row, self._pictures[name].strips())

    def picture_beside(self, name: str, lines: Sequence[Line]) -> Iterator[Row]:
        """A picture, and lines beside it."""
        picture = self._pictures[name]
        blank = Strip.blank(picture.columns, self.ground_style)
        gap = Strip.blank(1, self.ground_style)
        for strip, said in zip_longest(picture.strips(), lines):
            line = said or []
            parts = [strip or blank, gap, self.strip_of(line)]
            yield Row(Strip.join(parts), text_of(line), picture.columns + 1)
