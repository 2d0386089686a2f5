"""A small app on our driver, for tests of the driver: `python -m tests.small_app`."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widgets import Footer, Input, Static

from aetui.terminal import detect_terminal
from aetui.tui.textual_internals.diff_driver import OutputDiff, driver_for


class SmallApp(App[None]):
    """Fields, a line that counts keys, and a footer."""

    CSS = "Input { height: 1; border: none; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,f10", "quit", "Quit"),
        Binding("ctrl+z", "suspend_process", "Suspend", priority=True),
    ]

    def compose(self) -> ComposeResult:
        yield Static("some text to look at", id="words")
        for number in range(6):
            yield Input(id=f"field{number}", select_on_focus=False)
        yield Footer()

    def on_resize(self, event: Resize) -> None:
        self.query_one("#words", Static).update(f"size {event.size.width}x{event.size.height}")


def main() -> None:
    profile = detect_terminal(os.environ)
    diff = OutputDiff(follow=not profile.plain_output)
    app = SmallApp(driver_class=driver_for(diff))
    app.run(mouse=profile.mouse)


if __name__ == "__main__":
    main()
