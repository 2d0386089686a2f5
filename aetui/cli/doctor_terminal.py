"""What `aetui doctor` says of the terminal: what `aetui launch` would find, by the same code."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Final

from aetui.cli.finding import Finding
from aetui.cli.launch import choose_profile
from aetui.errors import BadInput
from aetui.terminal import TerminalProfile
from aetui.terminal.background import BackgroundQuestion, understands_question
from aetui.terminal.characters import locale_name
from aetui.terminal.device import TerminalDevice, open_terminal

SMALLEST: Final = (60, 15)  # Train and Navigate
ALL_SCREENS: Final = (80, 24)
SLOW: Final = 0.15  # seconds to the terminal and back
PATIENCE: Final = 1.0  # seconds; a terminal that has not answered by then will not
AROUND: Final = {
    "TMUX": "tmux",
    "STY": "GNU screen",
    "SSH_CONNECTION": "SSH",
    "MOSH_SERVER": "mosh",
}


def examine_terminal() -> Iterator[Finding]:
    """Colours, characters, size, tmux and SSH around the terminal, and the time to it and back."""
    try:
        profile = choose_profile()
    except BadInput as error:
        yield Finding("terminal", f"TERM={os.environ.get('TERM', '(unset)')}", str(error))
        return
    yield _colours(profile)
    yield _characters(profile)
    around = [name for variable, name in AROUND.items() if variable in os.environ]
    yield Finding("inside", " and ".join(around) or "neither tmux nor SSH")
    try:
        terminal = open_terminal()
    except BadInput as error:
        yield Finding("size", "no terminal here", str(error))
        return
    yield _size(terminal)
    yield from _answers(terminal)


def _colours(profile: TerminalProfile) -> Finding:
    named = [f"{name}={os.environ.get(name, '(unset)')}" for name in ("TERM", "COLORTERM")]
    found = f"{', '.join(named)}: colours {profile.colours}"
    if profile.colours_chosen:
        found += " (from the preferences)"
    elif profile.colours == "none":
        found += " (NO_COLOR is set)"
    return Finding("terminal", found, profile.hint)


def _characters(profile: TerminalProfile) -> Finding:
    locale = f"locale {locale_name(os.environ) or '(unset)'}"
    if not profile.ascii_only:
        return Finding("characters", f"{locale}: Unicode (--ascii if it looks wrong)")
    cure = "if the terminal knows UTF-8, set LANG to a UTF-8 locale, say C.UTF-8"
    return Finding("characters", f"{locale}: ASCII only", cure)


def _size(terminal: TerminalDevice) -> Finding:
    columns, rows = terminal.size()
    found = f"{columns}x{rows}"
    if not terminal.has_size():
        return Finding(
            "size", f"{found}, since the terminal reports none", "`stty rows R cols C` tells it"
        )
    for (least_columns, least_rows), what in ((SMALLEST, "aetui"), (ALL_SCREENS, "every screen")):
        if columns < least_columns or rows < least_rows:
            cure = f"{what} needs {least_columns}x{least_rows}: enlarge the window"
            return Finding("size", found, cure)
    return Finding("size", found)


def _answers(terminal: TerminalDevice) -> Iterator[Finding]:
    """Ask for the background, as launch does, and time the answer."""
    term = os.environ.get("TERM", "")
    with terminal.unbuffered():
        start = time.perf_counter()
        background = BackgroundQuestion(terminal, term).answer(PATIENCE)
        seconds = time.perf_counter() - start
    if terminal.owes_answer:
        yield Finding("round trip", "the terminal does not answer")
        return
    cure = "keys take that long to show; --fps 10 keeps the line free" if seconds > SLOW else ""
    yield Finding("round trip", f"{seconds * 1e3:.0f} ms to the terminal and back", cure)
    asked = understands_question(term)
    unknown = "the terminal does not say" if asked else "not asked"
    yield Finding("background", background or f"{unknown}; the dark theme is used")
