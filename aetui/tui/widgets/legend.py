"""The classes with their characters, colours and counts: a list that scrolls and filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from textual import events
from textual.binding import Binding
from textual.color import BLACK, WHITE, Color
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from aetui.errors import printable
from aetui.tui.widgets.classes import ClassMarks, class_colour

NAME_COLUMNS = 9
HIDDEN = "·"
RIGHT = 3  # the mouse's button


class Legend(OptionList):
    """One line a class; enter or a click shows or hides it, a right click shows only it."""

    BINDINGS = [
        Binding("space", "select", "Show or hide", show=False),
        Binding("v", "only", "Only this class", show=False),
        Binding("a", "all", "All classes", show=False),
    ]
    DEFAULT_CSS = """
    Legend { background: transparent; scrollbar-size-vertical: 1; }
    Legend:focus { background: transparent; background-tint: $foreground 0%; }
    """

    @dataclass
    class Chosen(Message):
        """Other classes are shown from now on."""

        hidden: frozenset[int]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self._marks = ClassMarks()
        self._counts: tuple[int, ...] = ()
        self.hidden: frozenset[int] = frozenset()

    def show(
        self,
        marks: ClassMarks,
        labels: NDArray[np.int64],
        hidden: frozenset[int] = frozenset(),
    ) -> None:
        """List the classes, each with how many of the `labels` [N] are its own."""
        counts = np.bincount(labels, minlength=len(marks.names))
        shown = marks, tuple(counts.tolist()), hidden
        if shown != (self._marks, self._counts, self.hidden):
            self._marks, self._counts, self.hidden = shown
            self._draw()

    @property
    def count(self) -> int:
        """How many classes there are."""
        return len(self._counts)

    def on_focus(self) -> None:
        if self.highlighted is None:
            self.action_first()

    def notify_style_update(self) -> None:
        """Take over a new theme's colours."""
        super().notify_style_update()
        if self.is_mounted:
            self.call_next(self._draw)

    def _draw(self) -> None:
        lines = [self._line(label) for label in range(len(self._counts))]
        if len(lines) != self.option_count:
            self.clear_options()
            self.add_options([Option(line) for line in lines])
        else:
            for index, line in enumerate(lines):
                self.replace_option_prompt_at_index(index, line)

    def _line(self, label: int) -> Content:
        glyph, full = self._marks.glyph(label), self._marks.name(label)
        name = "" if full == glyph else printable(full, NAME_COLUMNS)
        count = f"{self._counts[label]:>6,}"
        name = " " if self._marks.are_names else f" {name:<{NAME_COLUMNS}}"
        if label in self.hidden:
            return Content.styled(f"{HIDDEN}{name}{count}", "$foreground-muted")
        colour = class_colour(label, self._ground).hex
        return Content.assemble((glyph, f"bold {colour}"), name, (count, "$foreground-muted"))

    @property
    def _ground(self) -> Color:
        behind = self.background_colors[1]
        if behind.ansi is None:
            return behind
        return BLACK if self.app.current_theme.dark else WHITE

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.choose(self.hidden ^ {event.option_index})

    def on_click(self, event: events.Click) -> None:
        """The right button shows only that class."""
        option = event.style.meta.get("option")
        if event.button == RIGHT and option is not None:
            event.prevent_default()
            self.highlighted = option
            self.action_only()

    def action_only(self) -> None:
        if self.highlighted is not None:
            self.choose(self.all_but(self.highlighted))

    def all_but(self, label: int) -> frozenset[int]:
        return frozenset(range(self.count)) - {label}

    def action_all(self) -> None:
        self.choose(frozenset())

    def choose(self, hidden: frozenset[int]) -> None:
        """Hide these classes and no other."""
        if hidden != self.hidden:
            self.hidden = hidden
            self._draw()
        self.post_message(self.Chosen(hidden))
