"""The least that a Textual app can do for a key: count it."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static


class BareApp(App[None]):
    """One line, which changes with every key."""

    count = 0

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("0 keys")

    def on_key(self, event: Key) -> None:
        """Count."""
        self.count += 1
        self.query_one(Static).update(f"{self.count} keys")


if __name__ == "__main__":
    BareApp().run()
