"""Keys that arrive together reach the fields that they were typed for.

Textual hands each key to the widget that has the focus when the key arrives. A key that moves the
focus is still on its way up the widgets when the next one is handed out: "5 TAB 8" in one read
gave both digits to the first field.
"""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.message_pump import MessagePump


async def key_handled(app: App[Any]) -> None:
    """Return when the last key has been handled, and no longer moves the focus."""
    before: tuple[object, object] | None = None
    while (now := (app.screen, app.focused)) != before:
        before = now
        # From the app to the focused widget, up through its ancestors, and to the app again.
        ancestors = app.focused.ancestors_with_self if app.focused else [app.screen]
        for pump in [app, *ancestors]:
            await _worked_off(pump)


async def _worked_off(pump: MessagePump) -> None:
    """Return when `pump` has handled what it has been sent until now."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
