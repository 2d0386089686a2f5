"""The colour and the letter of a run among others in one chart: a run keeps them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.color import Color

from aetui.tui.contrast import legible

if TYPE_CHECKING:
    from aetui.runs.directory import RunIdentity

# Okabe and Ito, "Color Universal Design" (2008), without black: seven colours that colour-blind
# readers tell apart; then a grey.
COLOURS: Final = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#999999",
)
OF_SIXTEEN: Final = (
    "ansi_red",
    "ansi_cyan",
    "ansi_green",
    "ansi_yellow",
    "ansi_blue",
    "ansi_bright_red",
    "ansi_magenta",
    "ansi_bright_black",
)
"""The same places for a terminal of 16 colours, in which the others would fall together."""
LETTERS: Final = "ABCDEFGH"
MOST_COMPARED: Final = len(COLOURS)
CONTRAST: Final = 3.0  # to the ground, at least: WCAG's figure for graphics


class RunColours:
    """Gives each run a place among the colours: for a launch, and where it is free for ever."""

    def __init__(self) -> None:
        self._places: dict[RunIdentity, int] = {}

    def take(self, shown: Sequence[RunIdentity]) -> list[int]:
        """The places of these runs, no two alike."""
        places: list[int] = []
        for run in shown:
            known = self._places.get(run)
            if known is None or known in places:
                known = self._free(run, {*places, *self._places.values()}, {*places})
            self._places[run] = known
            places.append(known)
        return places

    def _free(self, run: RunIdentity, used: set[int], taken: set[int]) -> int:
        """A place that no run has had, else one that none of those shown has."""
        first = zlib.crc32(f"{run.created}".encode())
        order = [(first + number) % MOST_COMPARED for number in range(MOST_COMPARED)]
        unused = [place for place in order if place not in used]
        return (unused or [place for place in order if place not in taken])[0]


def run_colour(place: int, ground: Color, *, sixteen: bool) -> Color:
    """The colour of a place, made to be seen on that ground, or one of the terminal's `sixteen`."""
    if sixteen:
        return Color.parse(OF_SIXTEEN[place])
    return legible(Color.parse(COLOURS[place]), ground, CONTRAST)
