"""What a screen shows, what to try there, and every key, on one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.style import Style
from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding
from textual.color import Color
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from aetui.tui.bars import Tab

KEYS_WIDTH: Final = 20  # columns
KEY_NAMES: Final = {
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "backspace": "⌫",
    "escape": "esc",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}
TOGETHER: Final = (
    (("left", "down", "up", "right"), "arrows"),
    (("shift+left", "shift+down", "shift+up", "shift+right"), "shift+arrows"),
    (("h", "j", "k", "l"), "hjkl"),
    (("H", "J", "K", "L"), "HJKL"),
)
"""Keys that have one name where a screen has all of them for one thing."""
Line = tuple[str, str]
"""(keys, what they do)."""


class HelpScreen(ModalScreen[None]):
    """Shows what the keys do; any of a few keys closes it."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close")]

    def __init__(self, tab: Tab, tabs: Sequence[Tab], bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._tab = tab
        self._tabs = tabs
        self._of_screen = bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as page:
            page.border_title = self._tab.title
            page.border_subtitle = "↑↓ scrolls, esc closes"
            yield Static(self._tab.help.seen)
            yield from self._table("Three things to try", self._tab.help.tries)
            yield from self._table("Keys everywhere", _everywhere(self._tabs))
            yield from self._table("Keys here", key_lines(self._of_screen))

    def _table(self, title: str, lines: Iterable[Line]) -> Iterable[Static]:
        """Keys at the left, what they do at the right."""
        yield Static(f"\n[b]{title}[/]")
        table = Table.grid(padding=(0, 2))
        accent = Color.parse(self.app.get_css_variables()["accent"])  # Rich has no ansi_ names
        style = Style(color=accent.rich_color, bold=True)
        table.add_column(style=style, justify="right", width=KEYS_WIDTH)
        table.add_column()
        for line in lines:
            table.add_row(*line)
        yield Static(table)


def key_lines(bindings: Sequence[Binding]) -> list[Line]:
    """The keys of a screen by what they do. A binding without words belongs to the one before."""
    found: list[tuple[list[str], str]] = []
    for binding in bindings:
        keys = binding.key.split(",")
        if binding.description:
            found.append((keys, binding.description))
        elif found:
            found[-1][0].extend(keys)
    return [(_names(keys), meaning) for keys, meaning in found]


def _names(keys: list[str]) -> str:
    names: list[str] = []
    left = list(keys)
    for together, name in TOGETHER:
        if set(together) <= set(left):
            names.append(name)
            left = [key for key in left if key not in together]
    return " ".join([*names, *(KEY_NAMES.get(key, key) for key in left)])


def _everywhere(tabs: Sequence[Tab]) -> list[Line]:
    letters = " ".join(tab.key for tab in tabs)
    return [
        (f"1 to {len(tabs)}", "the screens"),
        (letters, "the screens too, where the letter has no other meaning"),
        ("?", "this page"),
        ("ctrl+p", "command palette: all that this screen can do, by name"),
        ("S", "save what is shown as a figure for print; its ending says in which format"),
        ("Y", "copy the cursor's coordinates, or the run's command"),
        ("mouse, ctrl+c", "select text by dragging, and copy it"),
        ("ctrl+l", "redraw the screen"),
        ("q", "leave; trainings continue"),
    ]
