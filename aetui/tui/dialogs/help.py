"""Every key of a screen, on one page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from aetui.tui.bars import Tab

KEY_NAMES = {
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
}


class HelpScreen(ModalScreen[None]):
    """Shows what the keys do; any of a few keys closes it."""

    BINDINGS = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close")]

    def __init__(self, tab: Tab, tabs: Sequence[Tab], bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._tab = tab
        self._tabs = tabs
        self._of_screen = bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as page:
            page.border_title = self._tab.title
            page.border_subtitle = "esc closes"
            yield Static(self._tab.help)
            yield Static(self._keys())

    def _keys(self) -> Content:
        """The screen's keys, then those that work everywhere."""
        own = [(_keys_of(item), item.description) for item in self._of_screen if item.description]
        parts: list[tuple[str, str] | str] = ["\n"]
        for keys, meaning in [*own, ("", ""), *_everywhere(self._tabs)]:
            parts += [(f"{keys:>22}  ", "bold $accent"), f"{meaning}\n"]
        return Content.assemble(*parts)


def _everywhere(tabs: Sequence[Tab]) -> list[tuple[str, str]]:
    letters = " ".join(tab.key for tab in tabs)
    return [
        (
            f"1 to {len(tabs)}",
            f"the screens; {letters} too, where the letter has no other meaning",
        ),
        ("?", "this page"),
        ("ctrl+p", "command palette: themes, keys, and every screen"),
        ("ctrl+l", "redraw the screen"),
        ("q", "leave; trainings continue"),
    ]


def _keys_of(binding: Binding) -> str:
    names = [KEY_NAMES.get(name, name) for name in binding.key.split(",")]
    if binding.key_display and binding.key_display not in names:
        names.insert(0, binding.key_display)
    return " ".join(names)
