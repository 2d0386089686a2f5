"""How many colours the terminal shows, by what its environment says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

Colours = Literal["truecolor", "256", "16", "none"]
COLOURS: Final[tuple[Colours, ...]] = ("truecolor", "256", "16", "none")

# 24 bits by their own documentation, though often without a COLORTERM that says so.
_TRUECOLOR: Final = re.compile(
    r".*-direct\d*|(?:xterm-)?(?:ghostty|kitty)|foot|wezterm|contour|rio|alacritty|iterm2?|konsole"
    r"|vte|mlterm|mintty|ms-terminal|st\b",
    re.IGNORECASE,
)
# Text consoles and hardware terminals.
_16: Final = re.compile(
    r"linux|vt\d|cons\d|ansi|sun|wsvt|cygwin|pcansi|teraterm|.*-(?:16|8)?color$"
)
# Every xterm of the last twenty years has 256, whatever its entry in terminfo says.
_256: Final = re.compile(r".*256|xterm|rxvt|putty|gnome|screen|tmux|dtterm|eterm", re.IGNORECASE)


def detect_colours(environ: Mapping[str, str]) -> Colours:
    """NO_COLOR (https://no-color.org, but empty counts too), then TERM, then COLORTERM.

    TERM names the inner terminal, which draws; COLORTERM may be left from one around it.
    """
    term = environ.get("TERM", "")
    says_truecolor = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    in_tmux = term.startswith("tmux") or ("TMUX" in environ and "STY" not in environ)
    if "NO_COLOR" in environ:
        return "none"
    if in_tmux:
        return "truecolor" if says_truecolor else "256"  # tmux turns 24 bits into what it can send
    if term.startswith("screen") or "STY" in environ:
        return "256"  # GNU screen 4 takes 24-bit colours for other things
    if _TRUECOLOR.match(term):
        return "truecolor"
    if _16.match(term):
        return "16"
    return "truecolor" if says_truecolor else _by_name(term)


def _by_name(term: str) -> Colours:
    return "256" if _256.match(term) or _terminfo_colours(term) in (None, 256) else "16"


def _terminfo_colours(term: str) -> int | None:
    """What terminfo says; None where it does not know the terminal, which then is a recent one."""
    try:
        import curses

        curses.setupterm(term, 1)
    except (ImportError, curses.error):
        return None
    return max(curses.tigetnum("colors"), 0)
