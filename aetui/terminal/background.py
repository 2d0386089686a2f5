"""Whether the terminal's background is light, asked with OSC 11 while the app still loads."""

from __future__ import annotations

import os
import re
import select
import time
from typing import Final, Literal

from aetui.terminal.device import TerminalDevice

Background = Literal["dark", "light"]

_COLOUR_QUESTION: Final = b"\x1b]11;?\x1b\\"
# Device attributes. Every terminal answers this one, and all answer in order: once its answer is
# there, none to the question before it will come.
_LAST_QUESTION: Final = b"\x1b[c"
LAST_ANSWER: Final = r"\x1b\[\?[0-9;]*c"
_LAST_ANSWER: Final = re.compile(LAST_ANSWER.encode())
_ANSWERS: Final = re.compile(rf"\x1b\]11;[^\x07\x1b]*(?:\x07|\x1b\\)|{LAST_ANSWER}".encode())
_COLOUR: Final = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})"
)
# They show a question that they do not know, or have no other background.
_NOT_ASKED: Final = re.compile(r"linux|vt\d|cons\d|ansi|sun|dumb")


class BackgroundQuestion:
    """A question whose answer is awaited while other work is done."""

    def __init__(self, terminal: TerminalDevice, term: str) -> None:
        self._terminal = terminal
        first = _COLOUR_QUESTION if understands_question(term) else b""
        os.write(terminal.output, first + _LAST_QUESTION)
        terminal.owes_answer = True

    def answer(self, patience: float = 0) -> Background | None:
        """What has come by now, or comes within `patience` seconds.

        What was typed meanwhile is kept in `typed` of the terminal.
        """
        data = b""
        end = time.monotonic() + patience
        while _LAST_ANSWER.search(data) is None:
            left = max(0, end - time.monotonic())
            if not select.select([self._terminal.input], [], [], left)[0]:
                break
            if not (piece := os.read(self._terminal.input, 4096)):
                break
            data += piece
        self._terminal.owes_answer = _LAST_ANSWER.search(data) is None
        self._terminal.typed += _ANSWERS.sub(b"", data)
        colour = _COLOUR.search(data)
        return _shade(colour) if colour else None


def _shade(colour: re.Match[bytes]) -> Background:
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in colour.groups())
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # of ITU-R BT.709
    return "light" if luma > 0.5 else "dark"


def understands_question(term: str) -> bool:
    """Whether a terminal of that name keeps a question to itself that it cannot answer."""
    return _NOT_ASKED.match(term) is None
