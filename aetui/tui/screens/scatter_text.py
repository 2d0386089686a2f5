"""The words of Scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from textual.color import Color
from textual.content import Content

from aetui.errors import printable
from aetui.runs.latent_map import LatentMap
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
    axes: tuple[int, int]
    z_mean: NDArray[np.float32]  # [latent_dim]
    sigma: NDArray[np.float32] | None = None  # [latent_dim]
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
    for axis in figures.axes:
        place: Line = [
            (f"z{axis} ", "muted"),
            (coordinate(float(figures.z_mean[axis]), digits), "strong"),
        ]
        if figures.sigma is not None:
            place = [*place, (f" ±{float(figures.sigma[axis]):.{digits}f}", "plain")]
        lines.append(place)
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
    if (width := latent.codes.shape[1]) > 2:
        first, second = latent.axes
        text = (
            f"\naxes {first} and {second} of {width},\nthe largest KL"
            if narrow
            else f"\naxes {first} and {second} of {width}, the largest KL"
        )
        parts.append((text, "$foreground-muted"))
    return Content.assemble(*parts)


def scale_line(what: str, low: str, high: str, ground: Color) -> Content:
    """What the colours of values mean, from low to high."""
    ramp = [("■", ramp_colour(step, ground).hex) for step in range(len(RAMP))]
    return Content.assemble((f"{what}\n", "$foreground-muted"), f"{low} ", *ramp, f" {high}")
