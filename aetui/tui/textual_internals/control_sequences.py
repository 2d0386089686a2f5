"""Terminal output as tokens (ECMA-48, xterm's ctlseqs), and what each can do to the screen."""

from __future__ import annotations

import enum
import re
from typing import Final

_TEXT = r"[^\x00-\x1f\x7f-\x9f]+"
_CSI = r"\x1b\[[0-?]*[ -/]*"

# Strings are OSC, DCS, APC, PM and SOS. Their text ends at BEL (OSC only) or ST; where anything
# else interrupts it, terminals disagree about what follows.
TOKEN: Final = re.compile(
    rf"\x1b\[(?P<sgr>[0-9;]*)m(?P<styled>{_TEXT})\x1b\[0m"  # a run of cells as Rich writes it
    r"|\x1b\[(?P<sgr_only>[0-9;:]*)m"
    r"|\x1b\[(?P<position>[0-9]*;?[0-9]*)[Hf]"
    rf"|(?P<csi>{_CSI}[@-~])"
    r"|(?P<string>\x1b(?:\][^\x07\x18\x1a\x1b\x7f-\x9f]*(?:\x07|\x1b\\)"
    r"|[PX^_][^\x07\x18\x1a\x1b\x7f-\x9f]*\x1b\\))"
    rf"|(?P<text>{_TEXT})"
    r"|(?P<escape>\x1b(?:[ -/]+[0-~]|[0-OQ-WYZ\\`-~]))"
    rf"|(?P<unfinished>(?:{_CSI}|\x1b[ -/]*"
    r"|\x1b[\]PX^_][^\x07\x18\x1a\x1b\x7f-\x9f]*\x1b?)\Z)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|(?P<broken>\x1b)"
)


class Effect(enum.Enum):
    """What a sequence may have changed."""

    NOTHING = enum.auto()  # of what this package follows: cells, cursor and style
    LINK = enum.auto()  # the hyperlink of the text that comes
    CELLS = enum.auto()
    ANYTHING = enum.auto()  # cells, cursor and style, but not how later sequences are read
    MEANING = (
        enum.auto()
    )  # how later output is read: margins, origin, character sets, a broken string


# Keys, mouse, paste, focus, the cursor's look, wrapping at the edge, colour scheme reports.
_HARMLESS_MODES: Final = frozenset(
    "1 5 7 9 12 25 1000 1002 1003 1004 1005 1006 1007 1015 1016 2004 2026 2031 2048".split()
)
_ALTERNATE_SCREEN: Final = frozenset("47 1047 1048 1049".split())
# Title, palette, folder, default colours, mouse pointer, clipboard, and their resets.
_HARMLESS_OSC: Final = frozenset(
    "0 1 2 4 5 7 10 11 12 13 14 17 19 22 52 104 105 110 111 112 113 114 117 119".split()
)
_LINK_OSC: Final = "8"
_HARMLESS_CSI: Final = re.compile(
    r"\??[0-9]*n"  # reports of status and cursor
    r"|[>=?]?[0-9]*c"  # device attributes
    r"|\??[0-9]+\$p"  # reports of modes
    r"|>[0-9]*q|[0-9]* q"  # the terminal's version, the cursor's shape
    r"|[<>=?][0-9;]*u"  # kitty's keyboard protocol
    r"|[>?][0-9;]*m"  # xterm's keyboard settings
    r"|(?:1[13-689]|2[0-3])(?:;[0-9]+)*t"  # reports of the window, titles
)
_ERASES: Final = re.compile(r"\??[0-3]?[JK]|[0-9]*X")
_MODES: Final = re.compile(r"\?([0-9;]+)[hl]")
# Scrolling regions, margins, modes that are not known, tab stops that moved text would need.
_CHANGES_MEANING: Final = re.compile(r"[0-9;]*r|[0-9]+;[0-9;]*s|[0-?]*[ -/]*[hl]")
_HARMLESS_ESCAPES: Final = frozenset("=>7\\")  # keypad, save the cursor, a string's late end
_RESETS: Final = frozenset("cDEHM8")  # full reset, line feeds, tab stop, restore the cursor


def effect_of_csi(sequence: str) -> Effect:
    """The effect of a whole control sequence other than SGR and a cursor position."""
    code = sequence[2:]
    if modes := _MODES.fullmatch(code):
        numbers = set(modes[1].split(";"))
        if numbers <= _HARMLESS_MODES:
            return Effect.NOTHING
        return Effect.ANYTHING if numbers <= _ALTERNATE_SCREEN else Effect.MEANING
    if _HARMLESS_CSI.fullmatch(code):
        return Effect.NOTHING
    if _ERASES.fullmatch(code):
        return Effect.CELLS
    return Effect.MEANING if _CHANGES_MEANING.fullmatch(code) else Effect.ANYTHING


def effect_of_string(sequence: str) -> Effect:
    """The effect of a whole OSC, DCS, APC, PM or SOS with its end."""
    number = re.match(r"\x1b\]([0-9]+)[;\x07\x1b]", sequence)
    if number is None:
        return Effect.ANYTHING
    if number[1] == _LINK_OSC:
        return Effect.LINK
    return Effect.NOTHING if number[1] in _HARMLESS_OSC else Effect.ANYTHING


def effect_of_escape(sequence: str) -> Effect:
    """The effect of ESC and what follows, other than a CSI or a string."""
    if sequence[1:] in _HARMLESS_ESCAPES:
        return Effect.NOTHING
    return Effect.ANYTHING if sequence[1:] in _RESETS else Effect.MEANING


def effect_of_control(character: str) -> Effect:
    """The effect of a control character, C0 or C1."""
    if character == "\a":
        return Effect.NOTHING
    # Shifts of the character set; C1 introducers, which only some terminals know.
    return (
        Effect.MEANING
        if character in "\x0e\x0f\x8e\x8f\x90\x98\x9b\x9d\x9e\x9f"
        else Effect.ANYTHING
    )


def opens_link(sequence: str) -> bool:
    """Whether an OSC 8 begins a link; an empty address ends it."""
    address = sequence.split(";", 2)[-1]
    return address.rstrip("\a\x1b\\") != ""
