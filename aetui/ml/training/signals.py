"""Unix job control of a trainer. Handlers only set flags; the training loop acts between steps."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# Batch systems warn with USR1, USR2 or XCPU before they kill; a terminal sends INT and QUIT.
_STOPS: Final = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGXCPU,
)
_NOTED: Final = (*_STOPS, signal.SIGTSTP, signal.SIGCONT)


class Signals:
    """The signals that came so far. SIGHUP is ignored: a dropped connection costs nothing."""

    def __init__(self) -> None:
        self.stop: signal.Signals | None = None  # the first that asked to stop
        self.pause = False
        self._deferred = False

    @property
    def pending(self) -> bool:
        """Whether the loop should stop or pause after this step."""
        return self.pause or self.stop is not None

    @property
    def exit_code(self) -> int:
        """128 + the number of the signal that stopped the training, as shells report it."""
        return 128 + self.stop if self.stop is not None else 0

    def defer(self) -> None:
        """From now on a stop waits for the loop, which saves first. Before, it exits at once.

        While data is being downloaded, say, there is nothing to save.
        """
        self._deferred = True

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals while the block runs."""
        before = {number: signal.getsignal(number) for number in (*_NOTED, signal.SIGHUP)}
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in _NOTED:
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
            case stop:
                self.stop = self.stop or stop
                if not self._deferred:
                    raise SystemExit(self.exit_code)

    def wait(self) -> None:
        """Sleep, using no CPU, until SIGCONT, or a signal that stops the training."""
        if sys.stdin is not None and sys.stdin.isatty():
            # A person pressed ctrl+z: the shell must see the job stop to show its prompt again.
            os.kill(os.getpid(), signal.SIGSTOP)
            self.pause = False
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        # A wake-up socket, not sigwait: the kernel may hand the signal to one of torch's threads.
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            while self.pause and self.stop is None:
                reader.recv(64)
        finally:
            signal.set_wakeup_fd(before)
            reader.close()
            writer.close()
        self.pause = False
