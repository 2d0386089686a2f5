"""The navigator's lines of figures. Columns are fixed, so that nothing moves with a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aetui.errors import printable
from aetui.tui.widgets.classes import ClassMarks
from aetui.tui.widgets.neighbours import Neighbourhood
from aetui.tui.widgets.plane import coordinate, decimals
from aetui.tui.widgets.readout import Line

BAR: Final = 9  # columns
WHOLE: Final = 5  # columns of a coordinate before and with its point
NAMES: Final = 12  # columns for the name of a class


@dataclass(frozen=True)
class Position:
    """Where the crosshair is, and how exact the image is that is shown."""

    names: tuple[str, str]  # of the plane's coordinates
    point: tuple[float, float]
    step: float
    note: str  # what stands in for the image, or what walk is being played
    stands_in: bool


def readout_lines(
    position: Position,
    near: Neighbourhood | None,
    marks: ClassMarks,
    film: str,
    other: Line | None,
) -> list[Line]:
    """`other` is the line of an axis that is not shown; None where there is none."""
    (x, y), (first, second) = position.point, position.names
    digits = decimals(position.step)
    lines: list[Line] = [
        [
            (f"{first} ", "muted"),
            (coordinate(x, digits).rjust(WHOLE + digits), "strong"),
            (f"  {second} ", "muted"),
            (coordinate(y, digits).rjust(WHOLE + digits), "strong"),
        ],
        [
            (f"step {position.step:<7g} ", "muted"),
            (position.note, "warning" if position.stands_in else "plain"),
        ],
    ]
    if near is not None:
        lines += [_near_line(near, marks), _density_line(near)]
    if other is not None:
        lines.append(other)
    lines.append([(film, "muted")])
    return lines


def _near_line(near: Neighbourhood, marks: ClassMarks) -> Line:
    """How the codes around vote, and the classes of the nearest test images, nearest first."""
    if not near.labels:
        return [("far from every test image", "muted")]
    line = [(f"{marks.glyph(label)} ", label) for label in near.labels]
    reads = f"{printable(marks.name(near.reads_as), NAMES)} {near.share:.0%}"
    return [("reads ", "muted"), (reads, near.reads_as), ("  near ", "muted"), *line]


def _density_line(near: Neighbourhood) -> Line:
    filled = round(near.density * BAR)
    return [
        ("density ", "muted"),
        ("━" * filled, "strong"),
        ("─" * (BAR - filled), "muted"),
        (f" {near.density:4.0%}", "plain"),
        (" of the peak", "muted"),
    ]
