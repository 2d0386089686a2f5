"""Signals that end the app: the terminal is restored and the process gone within two seconds."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any, Final

from textual.app import App

GRACE: Final = (
    1.0  # seconds for an orderly exit; a terminal that is gone may never take what is written to it
)


def leave_on_signals(app: App[Any]) -> None:
    """Exit on SIGTERM and SIGHUP, with the code that shells expect. Called in the app's loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _leave, app, 128 + number)


def _leave(app: App[Any], code: int) -> None:
    last_resort = threading.Timer(GRACE, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()
    app.exit(return_code=code)
