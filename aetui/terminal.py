"""What kind of terminal this is, and how the app should therefore look. No textual: its settings are made from this first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from aetui.errors import BadInput, printable

Colours = Literal["truecolor", "256", "16", "none"]
Ink = Literal["grey", "shades", "ramp"]
"""How a grey image is drawn: half blocks in grey, a block character of five shades, or a ramp of ASCII characters."""

COLOURS: Final[tuple[Colours, ...]] = ("truecolor", "256", "16", "none")
FPS: Final = 30


@dataclass(frozen=True)
class TerminalProfile:
    """The choices that the whole app follows."""

    colours: Colours = "truecolor"
    ascii_only: bool = False
    mouse: bool = True
    fps: int = FPS

    @property
    def ink(self) -> Ink:
        """What grey images are drawn with."""
        if self.ascii_only:
            return "ramp"
        return "grey" if self.colours in ("truecolor", "256") else "shades"

    def textual_settings(self) -> dict[str, str]:
        """The environment in which textual must be imported."""
        # Without colours Rich would drop bold and reverse as well, so `tui.wire` takes the colours out instead.
        system = {"truecolor": "truecolor", "256": "256", "16": "standard", "none": "standard"}[
            self.colours
        ]
        return {"TEXTUAL_COLOR_SYSTEM": system, "TEXTUAL_FPS": str(self.fps)}


def detect_terminal(
    environ: Mapping[str, str],
    *,
    colours: str = "auto",
    ascii_only: bool = False,
    mouse: bool = True,
    fps: int = FPS,
) -> TerminalProfile:
    """Flags before NO_COLOR before COLORTERM and TERM. `BadInput` for a terminal that cannot move its cursor."""
    term = environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        raise BadInput(
            f"TERM is {printable(term)!r}, a terminal that cannot draw; set TERM (say, xterm-256color), or use `aetui train`."
        )
    chosen = detect_colours(environ) if colours == "auto" else cast(Colours, colours)
    return TerminalProfile(chosen, ascii_only or not knows_unicode(environ), mouse, fps)


def detect_colours(environ: Mapping[str, str]) -> Colours:
    """What NO_COLOR (https://no-color.org, but empty counts too, as for Textual), COLORTERM and TERM say."""
    if "NO_COLOR" in environ:
        return "none"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    term = environ.get("TERM", "")
    if term.endswith("-direct"):
        return "truecolor"
    return "256" if "256" in term or "kitty" in term or "alacritty" in term else "16"


def knows_unicode(environ: Mapping[str, str]) -> bool:
    """False only where the locale names another character set; no locale at all says nothing about the terminal."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    _, dot, charset = locale.partition(".")
    return not dot or "utf" in charset.lower()
