"""What a terminal answers to questions, taken out of what is typed on it."""

from __future__ import annotations

import re
from typing import Final

from aetui.terminal.background import ATTRIBUTES_ANSWER

_ANSWER: Final = re.compile(rf"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|{ATTRIBUTES_ANSWER}")
_STARTED: Final = re.compile(r"\x1b(?:\][^\x07\x1b]*\x1b?|\[(?:\?[0-9;]*)?)?\Z")


class AnswerFilter:
    """Takes OSC answers and device attributes out of the input, until the latter have come.

    Textual 8 would take them for keys.
    """

    def __init__(self, *, waiting: bool) -> None:
        self._waiting = waiting
        self._held = ""

    def typed(self, data: str) -> str:
        """`data` without answers. The start of one is held back until its end comes."""
        if not self._waiting:
            return data
        data, self._held = self._held + data, ""
        self._waiting = re.search(ATTRIBUTES_ANSWER, data) is None
        data = _ANSWER.sub("", data)
        if self._waiting and (started := _STARTED.search(data)):
            data, self._held = data[: started.start()], started[0]
        return data

    def given_up(self) -> str:
        """What was held back as the start of an answer, and was typed after all."""
        held, self._held = self._held, ""
        return held
