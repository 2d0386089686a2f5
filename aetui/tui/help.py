"""Every key of the current screen, on one page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from aetui.tui.screen import MODES

EVERYWHERE = (
    ("t d l m n", "the five screens (1 to 5 too)"),
    ("?", "this page"),
    ("ctrl+p", "command palette: themes, keys, and every screen"),
    ("ctrl+l", "draw the screen anew"),
    ("q", "leave; trainings go on"),
)
MEANINGS = {
    "train": "Trainings run in processes of their own: leave, lose the connection, come back, they are still there.",
    "denoise": "Test digits with Gaussian noise, what the autoencoder makes of them, and how they were.",
    "scatter": (
        "The codes of the first 5,000 test images. A cell shows the digit that is commonest there, brighter where more lie. "
        "The keys , and . go through the epochs, as in a film."
    ),
    "manifold": "The plane scanned at regular intervals; every point is decoded.",
    "navigate": "You stand at the crosshair; the large digit is what the decoder makes of that point.",
}


class HelpScreen(ModalScreen[None]):
    """Shows what the keys do; any of a few keys closes it."""

    BINDINGS = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close")]

    def __init__(self, mode: str, bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._of = mode
        self._shown = bindings

    def compose(self) -> ComposeResult:
        """The screen's keys, then those that work everywhere."""
        with VerticalScroll(id="help") as page:
            page.border_title = f"{self._of.capitalize()} ({MODES[self._of]})"
            page.border_subtitle = "esc closes"
            yield Static(MEANINGS[self._of])
            yield Static(self._keys())

    def _keys(self) -> Content:
        rows = [(_keys_of(binding), binding.description) for binding in self._shown if binding.description]
        parts: list[tuple[str, str] | str] = ["\n"]
        for keys, meaning in [*rows, ("", ""), *EVERYWHERE]:
            parts += [(f"{keys:>22}  ", "bold $accent"), f"{meaning}\n"]
        return Content.assemble(*parts)


def _keys_of(binding: Binding) -> str:
    names = [
        name.replace("equals_sign", "=").replace("plus", "+").replace("minus", "-").replace("comma", ",").replace("full_stop", ".")
        for name in binding.key.split(",")
    ]
    if binding.key_display and binding.key_display not in names:
        names.insert(0, binding.key_display)
    return " ".join(names)
