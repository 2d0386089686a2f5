"""Unix job control of a trainer. Handlers only set flags; the training loop acts between two steps."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGTSTP, signal.SIGCONT, signal.SIGHUP)


class Control:
    """What the signals have asked for so far. SIGHUP is ignored: a dropped connection costs nothing."""

    def __init__(self) -> None:
        self.stop: signal.Signals | None = None  # the signal that asked; the exit code tells which
        self.pause = False
        self.ends_at_once = True  # while there is nothing to save yet: nobody waits for a download to be allowed to leave

    @property
    def pending(self) -> bool:
        """Whether the loop should stop or pause after this step."""
        return self.pause or self.stop is not None

    @property
    def exit_code(self) -> int:
        """128 + the number of the signal that stopped the training, as shells report it."""
        return 128 + self.stop if self.stop is not None else 0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handle the signals for as long as the block runs."""
        before = {number: signal.getsignal(number) for number in _HANDLED}
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, self._note)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        match signal.Signals(number):
            case signal.SIGTSTP:
                self.pause = True
            case signal.SIGCONT:
                self.pause = False
            case asked:
                self.stop = self.stop or asked
                if self.ends_at_once:
                    raise SystemExit(self.exit_code)

    def wait(self) -> None:
        """Sleep, using no CPU, until SIGCONT, or a signal that stops the training."""
        if sys.stdin is not None and sys.stdin.isatty():
            # A person pressed ctrl+z: the shell must see the job stop, or its prompt never comes back.
            os.kill(os.getpid(), signal.SIGSTOP)
            self.pause = False
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        # A wake-up socket, not sigwait: the kernel may hand the signal to one of torch's own threads.
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            while self.pause and self.stop is None:
                reader.recv(64)
        finally:
            signal.set_wakeup_fd(before)
            reader.close()
            writer.close()
        self.pause = False
