"""A line for the path of a file, completed while it is typed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Footer, Input, Static

MOST_ENTRIES: Final = 10_000  # of a folder that are looked through for a completion
HELP: Final = "The path of a file; → completes it. ~ is your home folder."


class PathSuggester(Suggester):
    """Completes a path by the first name in its folder that begins so."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        # A thread, because a network's file system may take its time.
        return await asyncio.to_thread(_complete, value)


def _complete(value: str) -> str | None:
    head, separator, start = value.rpartition("/")
    folder = Path(head + separator or ".").expanduser()
    if not start:
        return None
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry, _ in zip(entries, range(MOST_ENTRIES), strict=False)]
        found = [entry for entry in listed if entry.name.startswith(start)]
        first = min(found, key=lambda entry: entry.name, default=None)
        if first is None:
            return None
        return head + separator + first.name + ("/" if first.is_dir() else "")
    except (OSError, RuntimeError, ValueError):  # no such folder, no home, a null character
        return None


class PathDialog(ModalScreen[Path | None]):
    """Returns the path that was typed, made absolute; or None. Nothing is read here."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, title: str, typed: str, meaning: str = HELP) -> None:
        super().__init__()
        self._meaning = meaning
        self._title = title
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical(id="path-box") as box:
            box.border_title = self._title
            yield Input(self._typed, id="path", suggester=PathSuggester(), compact=True)
            yield Static(self._meaning, classes="help")
        yield Footer(show_command_palette=False)

    @property
    def typed(self) -> str:
        return self.query_one(Input).value

    def on_input_submitted(self) -> None:
        text = self.typed.strip()
        if not text:
            self.dismiss(None)
            return
        # os.path, because Path.expanduser raises where there is no such user.
        self.dismiss(Path(os.path.expanduser(text)).absolute())  # noqa: PTH111
