"""The colours of the app: the themes that it offers, each looked at on every screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from aetui.terminal import TerminalProfile
from aetui.tui.contrast import legible

DARK: Final = Theme(
    name="aetui-dark",
    dark=True,
    primary="#3f90da",
    secondary="#92dadd",
    accent="#ffa90e",
    warning="#e76300",
    error="#ff5f52",
    success="#7ccf7c",
    background="#000000",
    surface="#0c0f14",
    panel="#151a22",
    foreground="#d8dee6",
)
LIGHT: Final = Theme(
    name="aetui-light",
    dark=False,
    primary="#1f6fb2",
    secondary="#0b7a80",
    accent="#b35900",
    warning="#a34700",
    error="#b3261e",
    success="#2e7d32",
    background="#ffffff",
    surface="#f2f4f7",
    panel="#e6eaf0",
    foreground="#1c232b",
)
LEAST_CONTRAST: Final = 3.5  # of a theme's colours to its ground: text is written in them
OTHERS: Final = ("textual-dark", "textual-light", "nord", "gruvbox", "ansi-dark", "ansi-light")


def _legible(theme: Theme) -> Theme:
    """The theme with colours that text can be written in, unless they are the terminal's own."""
    if theme.ansi:
        return theme
    ground = Color.parse(theme.background or ("#121212" if theme.dark else "#ffffff"))

    def adapted(colour: str | None) -> str | None:
        return legible(Color.parse(colour), ground, LEAST_CONTRAST).hex if colour else None

    return replace(
        theme,
        secondary=adapted(theme.secondary),
        accent=adapted(theme.accent),
        warning=adapted(theme.warning),
        error=adapted(theme.error),
        success=adapted(theme.success),
    )


THEMES: Final = (DARK, LIGHT, *(_legible(BUILTIN_THEMES[name]) for name in OTHERS))
THEMES_BY_NAME: Final = {theme.name: theme for theme in THEMES}


def first_theme(profile: TerminalProfile) -> str:
    """The name of the theme to start with: the one chosen, else as the terminal's background."""
    if profile.theme in THEMES_BY_NAME:
        return str(profile.theme)
    return (LIGHT if profile.background == "light" else DARK).name
