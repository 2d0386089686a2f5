"""What kind of terminal this is, and how the app therefore draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from aetui.errors import BadInput, printable
from aetui.terminal.background import Background
from aetui.terminal.characters import knows_unicode
from aetui.terminal.colours import Colours, detect_colours

Ink = Literal["true_colour", "palette", "shades", "ramp"]
"""How an image is drawn: half blocks in 24-bit or in 256 colours, shaded blocks, or ASCII."""

INKS: Final[Mapping[Colours, Ink]] = {
    "truecolor": "true_colour",
    "256": "palette",
    "16": "shades",
    "none": "shades",
}
FPS: Final = 30


@dataclass(frozen=True)
class TerminalProfile:
    """The choices that the whole app follows."""

    colours: Colours = "truecolor"
    ascii_only: bool = False
    mouse: bool = True
    fps: int = FPS
    colours_chosen: bool = False  # chosen by the person, not detected
    plain_output: bool = False  # everything is sent, as Textual writes it
    background: Background | None = None  # None where the terminal did not say
    theme: str | None = None  # that the person chose; None: as the background
    keymap: Mapping[str, str] = field(default_factory=dict)  # what is pressed: what it stands for

    @property
    def ink(self) -> Ink:
        """What images are drawn with."""
        return "ramp" if self.ascii_only else INKS[self.colours]

    @property
    def hint(self) -> str:
        """A line for the screen where images may look worse than necessary; else ""."""
        if self.colours != "16" or self.colours_chosen:
            return ""
        return "16 colours; if this terminal shows more, start with --color 256"

    def textual_settings(self) -> dict[str, str]:
        """The environment in which Textual must be imported."""
        # Without colours Rich would drop bold and reverse as well: the output differ takes the
        # colours out instead.
        system = "standard" if self.colours in ("16", "none") else self.colours
        return {"TEXTUAL_COLOR_SYSTEM": system, "TEXTUAL_FPS": str(self.fps)}


def detect_terminal(
    environ: Mapping[str, str],
    *,
    colours: str = "auto",
    ascii_only: bool = False,
    mouse: bool = True,
    fps: int = FPS,
) -> TerminalProfile:
    """The choices of the command line, and for the rest what the environment says.

    `BadInput` for a terminal that cannot move its cursor.
    """
    term = environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        cure = "set TERM (say, xterm-256color), or use `aetui train`"
        raise BadInput(f"TERM is {printable(term)!r}, a terminal that cannot draw; {cure}.")
    return TerminalProfile(
        colours=detect_colours(environ) if colours == "auto" else cast(Colours, colours),
        ascii_only=ascii_only or not knows_unicode(environ),
        mouse=mouse,
        fps=fps,
        colours_chosen=colours != "auto",
        plain_output=environ.get("AETUI_PLAIN_OUTPUT") == "1",
    )
