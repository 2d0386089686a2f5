"""Textual's driver for Linux and macOS, on the terminal that the app was started from."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Any, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from aetui.terminal.device import TerminalDevice, has_job_control, open_terminal
from aetui.tui.textual_internals.key_order import key_handled
from aetui.tui.textual_internals.output_diff import OutputDiff
from aetui.tui.textual_internals.terminal_answers import AnswerFilter

__all__ = ["OutputDiff", "driver_for"]

READ_AT_MOST: Final = 4096  # bytes
TICK: Final = 0.1  # seconds without input after which a lone ESC is the escape key
PATIENCE: Final = 1.0  # seconds that a key may take before the next one is handed on all the same


class DiffDriver(LinuxDriver):
    """Sends only differences, takes the size from the terminal alone, and suspends whole jobs."""

    diff: OutputDiff
    given_terminal: TerminalDevice | None

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        self.terminal = self.given_terminal or open_terminal()
        super().__init__(app, debug=debug, mouse=mouse, size=size or self.terminal.size())
        self.fileno = self.terminal.input
        self.input_tty = True
        self._file = os.fdopen(
            self.terminal.output, "w", encoding="utf-8", newline="", closefd=False
        )
        self._size_in_band: tuple[int, int] | None = None  # from a terminal that reports it itself

    def _get_terminal_size(self) -> tuple[int, int]:
        if self._size_in_band and not self.terminal.has_size():
            return self._size_in_band
        return self.terminal.size()

    def write(self, data: str) -> None:
        if compressed := self.diff.compress(data, self._get_terminal_size()):
            super().write(compressed)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.terminal.modes is not None:
            # Those from before a question was asked are to come back.
            self.attrs_before = self.terminal.modes

    def stop_application_mode(self) -> None:
        if held := self.diff.finish():
            super().write(held)
        super().stop_application_mode()

    @property
    def can_suspend(self) -> bool:
        return has_job_control()

    # Signals arrive in the middle of anything, of a write too: the work waits for the event loop.

    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._suspend)

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._resume)

    def _suspend(self) -> None:
        """Suspend the whole job: `uv run` and the inference process belong to it."""
        if self.can_suspend:
            if self._auto_restart:
                self.suspend_application_mode()
                self._must_signal_resume = True
            os.killpg(os.getpgrp(), signal.SIGSTOP)

    def _resume(self) -> None:
        if self._must_signal_resume:
            self.resume_application_mode()
            if not self._must_signal_resume:  # in the foreground again
                os.killpg(os.getpgrp(), signal.SIGCONT)
        if not self._must_signal_resume:
            self.diff.forget()
            self._app.refresh(repaint=True, layout=True)

    def run_input_thread(self) -> None:
        """Read keys and answers of the terminal until `exit_event` is set."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        answers = AnswerFilter(waiting=self.terminal.owes_answer)
        typed = answers.typed(decode(self.terminal.typed))
        self.terminal.typed = b""
        while not self.exit_event.is_set():
            if typed:  # "" would end the parser
                self._deliver(parser.feed(typed))
            self._deliver(parser.tick())
            if not select.select([self.fileno], [], [], TICK)[0]:
                typed = answers.pause()
            elif data := _read(self.fileno):
                typed = answers.typed(decode(data))
            else:  # the terminal is gone
                self._loop.call_soon_threadsafe(self._app.exit)
                break

    def _deliver(self, messages: Iterable[Message]) -> None:
        """Pass on what came in one read. A key waits until a different one before it is handled."""
        last = ""
        for message in messages:
            if isinstance(message, events.Resize):
                self._size_in_band = message.size
            if isinstance(message, events.Key):
                if last and message.key != last:
                    self._wait_for_key()
                last = message.key
            self.process_message(message)

    def _wait_for_key(self) -> None:
        handled = asyncio.run_coroutine_threadsafe(key_handled(self._app), self._loop)
        for _ in range(round(PATIENCE / TICK)):
            if concurrent.futures.wait([handled], TICK).done or self.exit_event.is_set():
                break
        handled.cancel()


def _read(file: int) -> bytes:
    """What can be read; b"" where the terminal has gone."""
    try:
        return os.read(file, READ_AT_MOST)
    except OSError:
        return b""


def driver_for(diff: OutputDiff, terminal: TerminalDevice | None = None) -> type[DiffDriver]:
    """The driver with `diff` between Textual and `terminal`, or the one that it finds."""
    return type("DiffDriver", (DiffDriver,), {"diff": diff, "given_terminal": terminal})
