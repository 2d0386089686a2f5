"""The log of a run, following its end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Log, Static

from aetui.errors import printable
from aetui.runs.directory import LOG
from aetui.runs.log_tail import LogTail

POLL_EVERY: Final = 0.5  # seconds
MOST_LINES: Final = 20_000  # kept to scroll back to; with more, only the end of the log is
NO_LOG: Final = (
    "{name} has no log.\n\nThe app keeps one of each training that it starts. "
    "A training started in a terminal writes there."
)


class LogScreen(ModalScreen[None]):
    """Shows the end of the log and what is added to it, until a person scrolls up.

    At the end, it follows again.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [Binding("escape,q,L", "dismiss", "Close")]

    def __init__(self, run: Path) -> None:
        super().__init__()
        self._run = run
        self._follows = True

    def compose(self) -> ComposeResult:
        with Vertical(id="log-box") as box:
            box.border_title = f"Log of {printable(self._run.name)}"
            yield Static(id="no-log", markup=False)
            yield Log(id="log", auto_scroll=False)

    def on_mount(self) -> None:
        self.watch(self._log, "scroll_y", self._note_scroll, init=False)
        self._show_place()
        self.run_worker(self._follow(), exit_on_error=False)

    @property
    def _log(self) -> Log:
        return self.query_one(Log)

    async def _follow(self) -> None:
        tail = LogTail(self._run)
        while True:
            lines = await asyncio.to_thread(tail.read)
            self._show(lines, restarted=tail.restarted)
            if self._log.line_count > MOST_LINES:
                tail = LogTail(self._run)
            else:
                await asyncio.sleep(POLL_EVERY)

    def _show(self, lines: list[str] | None, *, restarted: bool) -> None:
        self.set_class(lines is None, "-none")
        if lines is None:
            self.query_one("#no-log", Static).update(NO_LOG.format(name=self._run.name))
            return
        follows = self._follows or restarted
        if restarted:
            self._log.clear()
        if lines:
            self._log.write("\n".join(lines) + "\n", scroll_end=False)
        if follows:
            self._log.scroll_end(animate=False, x_axis=False)

    def on_resize(self) -> None:
        if self._follows:
            self._log.scroll_end(animate=False, x_axis=False)

    def _note_scroll(self) -> None:
        """Follow from now on, or not: as the end is on the screen or not."""
        self._follows = self._log.is_vertical_scroll_end
        self._show_place()

    def _show_place(self) -> None:
        here = "following" if self._follows else "end: follow again"
        self.query_one("#log-box").border_subtitle = f"{LOG} · {here} · ↑↓ scroll, esc closes"
