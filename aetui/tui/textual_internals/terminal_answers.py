"""What a terminal answers to questions, taken out of what is typed on it."""

from __future__ import annotations

import re
from typing import Final

from aetui.terminal.background import LAST_ANSWER

_ANSWER: Final = re.compile(rf"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|{LAST_ANSWER}")
_STARTED: Final = re.compile(r"\x1b(?:\][^\x07\x1b]*\x1b?|\[(?:\?[0-9;]*)?)?\Z")
PAUSES: Final = 10  # without input, after which the start of an answer was typed after all


class AnswerFilter:
    """Takes OSC answers and device attributes out of the input, until the latter have come.

    Textual 8 would take them for keys.
    """

    def __init__(self, *, waiting: bool) -> None:
        self._waiting = waiting
        self._held = ""
        self._pauses = 0

    def typed(self, data: str) -> str:
        """`data` without answers. The start of one is held back until its end comes."""
        if not self._waiting:
            return data
        data, self._held, self._pauses = self._held + data, "", 0
        self._waiting = re.search(LAST_ANSWER, data) is None
        data = _ANSWER.sub("", data)
        if self._waiting and (started := _STARTED.search(data)):
            data, self._held = data[: started.start()], started[0]
        return data

    def pause(self) -> str:
        """Nothing came for a moment: what was held back, where it is the escape key or typed."""
        self._pauses += 1
        if self._held not in ("", "\x1b", "\x1b[") and self._pauses < PAUSES:
            return ""
        held, self._held = self._held, ""
        return held
