"""The words of Scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.color import Color
from textual.content import Content

from aetui.errors import printable
from aetui.runs.latent_map import LatentMap
from aetui.tui.screens.axes_choice import axes_text
from aetui.tui.widgets.classes import ClassMarks
from aetui.tui.widgets.explore_view import RAMP, ramp_colour
from aetui.tui.widgets.plane import coordinate, decimals
from aetui.tui.widgets.readout import Line

NAME: Final = 12  # columns of a class's name
HELD: Final = "The weights of this epoch are gone: no reconstruction."


@dataclass(frozen=True)
class Figures:
    """What is known of the test image under the cursor."""

    number: int
    label: int
    names: tuple[str, str]  # of the plane's coordinates
    place: tuple[float, float]  # of z_mean on the plane
    sigma: tuple[float, float] | None = None  # along these coordinates
    error: float | None = None  # nats


def not_here(data: str) -> str:
    """Why there are no pictures."""
    return f"{printable(data, 40)} is not on this machine: no images, no errors."


def figure_lines(
    figures: Figures, worse: float | None, marks: ClassMarks, step: float
) -> Sequence[Line]:
    """Lines of at most 19 columns.

    `worse` is the share of test images with a larger error, `step` the width of a cell of the map.
    """
    name = printable(marks.name(figures.label), NAME)
    lines: list[Line] = [[(name, figures.label), (f"  #{figures.number}", "plain")]]
    digits = max(2, decimals(step))
    for place, name in enumerate(figures.names):
        value = coordinate(figures.place[place], digits)
        line: Line = [(f"{name} ", "muted"), (value, "strong")]
        if figures.sigma is not None:
            line = [*line, (f" ±{figures.sigma[place]:.{digits}f}", "plain")]
        lines.append(line)
    if figures.error is not None:
        lines.append([("error ", "muted"), (f"{figures.error:.1f} nats", "plain")])
    if worse is not None:
        percent = f"{worse * 100:.0f} %" if 0.01 <= worse <= 0.99 else f"{worse * 100:.1f} %"
        lines.append([("better than ", "muted"), (percent, "strong")])
    return lines


def about(latent: LatentMap, film: str, *, narrow: bool) -> Content:
    """Which map is shown, and of how many images."""
    gap = "\n" if narrow else " · "
    parts: list[tuple[str, str] | str] = [
        (film.replace(" · ", gap, 1) + " maps\n", "bold"),
        (f"{len(latent.labels):,} images", "$foreground-muted"),
    ]
    if text := axes_text(latent):
        shown = text.replace(": ", ":\n") if narrow else text
        parts.append((f"\n{shown}", "$foreground-muted"))
    return Content.assemble(*parts)


def scale_line(what: str, low: str, high: str, ground: Color) -> Content:
    """What the colours of values mean, from low to high."""
    ramp = [("■", ramp_colour(step, ground).hex) for step in range(len(RAMP))]
    return Content.assemble((f"{what}\n", "$foreground-muted"), f"{low} ", *ramp, f" {high}")
