"""The colours of the app."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="aetui-dark", dark=True, primary="#3f90da", secondary="#92dadd", accent="#ffa90e", warning="#e76300", error="#ff5f52",
    success="#7ccf7c", background="#000000", surface="#0c0f14", panel="#151a22", foreground="#d8dee6",
)  # fmt: skip
