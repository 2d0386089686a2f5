"""The line at the top (the screens, and what is shown) and the line at the bottom (the keys)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from textual.binding import Binding
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from aetui.tui.guide import Guide
from aetui.tui.underway import Underway

LEAST_ROWS: Final = 24  # of a screen that has one left for the guide


@dataclass(frozen=True)
class Help:
    """What the help page of a screen says beside its keys."""

    seen: str  # what one sees
    tries: tuple[
        tuple[str, str], ...
    ]  # three things to try: keys with blanks between, what they do


@dataclass(frozen=True)
class Tab:
    """A screen as the bar and the help show it."""

    name: str
    key: str  # its letter; its number is its place in the list
    help: Help

    @property
    def title(self) -> str:
        return self.name.capitalize()


class TopBar(Static):
    """The screens with their numbers, the current one marked; at the right what is shown."""

    def __init__(self, tabs: Sequence[Tab], current: str) -> None:
        super().__init__(id="top-bar")
        self._tabs = tabs
        self._current = current
        self._status: tuple[str, ...] = ()

    def show(self, *status: str) -> None:
        """Show at the right the longest of the `status` that fits."""
        if status != self._status:
            self._status = status
            self._draw()

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())

    def on_resize(self) -> None:
        """Keep the status at the right edge."""
        self._draw()

    def _draw(self) -> None:
        left, room = self._left()
        status = next((words for words in self._status if len(words) <= room), "")
        right = Content.styled(" " * max(0, room - len(status)) + status, "$foreground-muted")
        self.update(Content.assemble(left, right), layout=False)

    def _left(self) -> tuple[Content, int]:
        """The tabs as they fit, beside the shortest status, and the columns that are left."""
        numbered = list(enumerate(self._tabs, start=1))
        named = Content("").join([self._tab(number, tab) for number, tab in numbered])
        short = [
            self._tab(number, tab, named=tab.name == self._current) for number, tab in numbered
        ]
        brand = Content.styled(" aetui ", "bold $accent")
        shortest = min(map(len, self._status), default=0)
        choices = (Content.assemble(brand, named), named, Content("").join(short))
        for left in choices:
            room = self.size.width - left.cell_length - 1
            if room >= shortest:
                break
        return left, room

    def _tab(self, number: int, tab: Tab, *, named: bool = True) -> Content:
        is_current = tab.name == self._current
        # Of the terminal's own colours nobody knows which can be read on which.
        mark = " reverse" if self.app.current_theme.ansi else " on $primary-muted"
        ground = mark if is_current else ""
        label = "bold underline $foreground" if is_current else "$foreground-muted"
        title = f"{tab.title} " if named else ""
        text = Content.assemble(
            (f" {number} ", f"bold $accent{ground}"), (title, f"{label}{ground}")
        )
        return text.stylize(Style.from_meta({"@click": f"app.switch_mode('{tab.name}')"}))


class GuideLine(Static):
    """A step of the guide, above the keys; hidden where there is none."""

    def __init__(self, guide: Guide) -> None:
        super().__init__(id="guide-line")
        self._guide = guide

    def on_mount(self) -> None:
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Show the guide's step as it is now."""
        self.display = self._guide.is_open and self.app.size.height >= LEAST_ROWS
        if self.display:
            self.update(self._guide.line(self.size.width), layout=False)


class UnderwayLine(Static):
    """What the app is doing beside its screens, over the last line of the content."""

    def __init__(self, underway: Underway) -> None:
        super().__init__(id="underway")
        self._underway = underway

    def on_mount(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Show it as it is now."""
        self.display = bool(self._underway.text)
        if self.display:
            end = Content.assemble("   ", ("esc", "bold $accent"), " gives it up")
            self.update(Content.assemble(" ", Content(self._underway.text), end), layout=False)


class KeyBar(Static):
    """The screen's keys, each a link for the mouse.

    Textual's Footer is a widget for every key, which makes the first picture and each change of
    screens slower.
    """

    def __init__(self, bindings: Iterable[Any]) -> None:
        super().__init__(id="key-bar")
        own = [item for item in bindings if isinstance(item, Binding) and item.show]
        self._own = [
            _link(item.key_display or item.key, item.description, f"screen.{item.action}")
            for item in own
        ]
        self._everywhere = [_link("?", "Help", "app.help"), _link("q", "Quit", "app.quit")]

    def on_resize(self) -> None:
        """Show the keys that fit, the most important first; the help names them all."""
        links = [*self._own, *self._everywhere]
        while sum(link.cell_length + 2 for link in links) > self.size.width and len(links) > 2:
            del links[-1 - len(self._everywhere)]
        self.update(Content.assemble(" ", Content("  ").join(links)), layout=False)


def _link(key: str, meaning: str, action: str) -> Content:
    words = Content(f" {meaning}").stylize(Style.from_meta({"@click": action}))
    return Content.assemble((key, "bold $accent"), words)
