"""Small questions: yes or no, and one line of text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static


class AskYes(ModalScreen[bool]):
    """Returns whether a person agreed. Enter does not: what is asked cannot be undone."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,q", "dismiss(False)", "No"),
    ]

    def __init__(self, title: str, question: str) -> None:
        super().__init__()
        self._title = title
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="question") as box:
            box.border_title = self._title
            yield Static(self._question, markup=False)
        yield Footer(show_command_palette=False)


class AskLine(ModalScreen[str | None]):
    """Returns the line that was typed, or None where it was cancelled."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [
        Binding("enter", "submit", "OK", priority=True),
        Binding("escape", "dismiss", "Cancel"),
    ]

    def __init__(self, title: str, text: str, meaning: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._meaning = meaning

    def compose(self) -> ComposeResult:
        with Vertical(classes="question") as box:
            box.border_title = self._title
            yield Input(self._text, id="line", compact=True)
            yield Static(self._meaning, markup=False, classes="help")
        yield Footer(show_command_palette=False)

    def action_submit(self) -> None:
        """Return the line, once the field has taken in the keys that were typed for it."""
        self.query_one("#line", Input).call_later(self._submit)

    def _submit(self) -> None:
        self.dismiss(self.query_one("#line", Input).value.strip())  # awaited, the field would hang
