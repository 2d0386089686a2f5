"""Whether the terminal's background is light, asked with OSC 11 while the app still loads."""

from __future__ import annotations

import os
import re
import select
from typing import Final, Literal

from aetui.terminal.device import TerminalDevice

Background = Literal["dark", "light"]

# Every terminal answers the second question, device attributes, and answers in order: when that
# answer is there, the first one is not going to come.
_QUESTIONS: Final = b"\x1b]11;?\x1b\\\x1b[c"
ATTRIBUTES_ANSWER: Final = r"\x1b\[\?[0-9;]*c"
_ANSWERS: Final = re.compile(rf"\x1b\]11;[^\x07\x1b]*(?:\x07|\x1b\\)|{ATTRIBUTES_ANSWER}".encode())
_COLOUR: Final = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})"
)
# They show a question that they do not know, or have no other background.
_NOT_ASKED: Final = ("linux", "vt", "cons", "ansi", "sun", "dumb")


class BackgroundQuestion:
    """A question that waits for its answer while other things are done."""

    def __init__(self, terminal: TerminalDevice) -> None:
        self._terminal = terminal
        os.write(terminal.output, _QUESTIONS)
        terminal.owes_answer = True

    def answer(self) -> Background | None:
        """What has come by now, without waiting. The rest of the input is kept in `typed`."""
        data = b""
        while select.select([self._terminal.input], [], [], 0)[0]:
            piece = os.read(self._terminal.input, 4096)
            if not piece:
                break
            data += piece
        self._terminal.owes_answer = re.search(ATTRIBUTES_ANSWER.encode(), data) is None
        self._terminal.typed += _ANSWERS.sub(b"", data)
        colour = _COLOUR.search(data)
        return _shade(colour) if colour else None


def _shade(colour: re.Match[bytes]) -> Background:
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in colour.groups())
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # of ITU-R BT.709
    return "light" if luma > 0.5 else "dark"


def understands_question(term: str) -> bool:
    """Whether a terminal of that name keeps a question to itself that it cannot answer."""
    return not term.startswith(_NOT_ASKED)
