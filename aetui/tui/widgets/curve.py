"""Curves in numpy: smoothed, cut to what a chart can show, read at a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from textual.color import Color

Floats = NDArray[np.float64]
STEEP_SHARE: Final = 1 / 12
"""Of a curve, in which it falls so steeply that it would flatten the rest."""
SPIKES: Final = 0.01  # share of the points whose spread, on each side, may leave the chart
LARGEST: Final = 1e100  # figure that is drawn as it is: with larger ones arithmetic overflows
SMALLEST: Final = 1e-9
FLAT: Final = 1e-7  # of its size, by which a figure must change to be more than rounding
MARGIN: Final = 0.04  # of the vertical axis, above and below


@dataclass(frozen=True)
class Line:
    """A curve as a chart draws it. Arrays are float64 [N], x ascending."""

    label: str  # short; stands at its end
    colour: Color
    x: Floats
    y: Floats  # smoothed
    low: Floats  # its spread
    high: Floats
    dashed: bool = False

    def at(self, x: float) -> float | None:
        """Its value there; None beyond its ends."""
        if not len(self.x) or not self.x[0] <= x <= self.x[-1]:
            return None
        return float(np.interp(x, self.x, self.y))

    def spread_at(self, x: float) -> tuple[float, float]:
        """(lowest, highest) of the point that is nearest to `x`."""
        nearest = int(np.abs(self.x - x).argmin())
        return float(self.low[nearest]), float(self.high[nearest])

    def logarithmic(self) -> Line:
        """The same in powers of ten; what is not positive is left out."""
        kept = np.minimum(self.low, self.y) > 1 / LARGEST
        values = {name: np.log10(getattr(self, name)[kept]) for name in ("y", "low", "high")}
        return replace(self, x=self.x[kept], **values)


def drawable(values: Sequence[float]) -> Floats:
    """The values in an array, none of them so large that it cannot be drawn."""
    return np.clip(np.array(values, np.float64), -LARGEST, LARGEST)


def smooth(x: Floats, y: Floats, half_life: float) -> Floats:
    """The exponential moving average of y, in which a weight halves with every `half_life` of x.

    By distance and not by point, so that a curve that was thinned looks the same. The start is
    unbiased, as in Adam (Kingma and Ba, 2015): the weights up to each point sum to one.
    """
    if half_life <= 0 or len(x) < 2:
        return y
    kept = np.exp2(-np.diff(x, prepend=x[0]) / half_life).tolist()
    smoothed, mean, weight = [], 0.0, 0.0
    for share, value in zip(kept, y.tolist(), strict=True):
        mean, weight = mean * share + value, weight * share + 1
        smoothed.append(mean / weight)
    return np.array(smoothed)


def x_range(lines: list[Line]) -> tuple[float, float]:
    """From 0 to the end of the longest curve."""
    end = max((float(line.x[-1]) for line in lines if len(line.x)), default=0.0)
    return 0.0, max(end, 1e-3)


def y_range(
    lines: list[Line], left: float, right: float, *, whole: bool = False
) -> tuple[float, float]:
    """What tells the curves apart between `left` and `right`: the first steep fall may leave it.

    With `whole` it may not.
    """
    found = [
        part for line in lines if (part := _settled(line, left, right, whole=whole)) is not None
    ]
    if not found:
        return 0.0, 1.0
    low, high = min(part[0] for part in found), max(part[1] for part in found)
    size = max(abs(low), abs(high), SMALLEST)
    margin = MARGIN * (high - low) if high - low > FLAT * size else size * 1e-3
    return low - margin, high + margin


def _settled(line: Line, left: float, right: float, *, whole: bool) -> tuple[float, float] | None:
    """The lowest and the highest that is to be seen of one curve."""
    inside = (line.x >= left) & (line.x <= right)
    if not whole and len(line.x):
        start = line.x[0] + STEEP_SHARE * (line.x[-1] - line.x[0])
        late = inside & (line.x >= start)
        inside = late if late.any() else inside
    if not inside.any():
        value = line.at((left + right) / 2)  # zoomed in between two points
        return None if value is None else (value, value)
    low, high = line.low[inside], line.high[inside]
    y = line.y[inside]
    return (
        min(float(y.min()), float(np.quantile(low, SPIKES))),
        max(float(y.max()), float(np.quantile(high, 1 - SPIKES))),
    )


def spans(
    x: Floats, low: Floats, high: Floats, left: float, right: float, columns: int
) -> tuple[Floats, Floats]:
    """The lowest and the highest of a curve in each of the `columns` from `left` to `right`.

    NaN where it is not. Neighbouring columns touch: each takes in the curve at both its edges.
    """
    edges = np.linspace(left, right, columns + 1)
    if not len(x):
        nothing = np.full(columns, np.nan)
        return nothing, nothing
    at_low = np.interp(edges, x, low, left=np.nan, right=np.nan)
    at_high = np.interp(edges, x, high, left=np.nan, right=np.nan)
    bottom = np.fmin(at_low[:-1], at_low[1:])
    top = np.fmax(at_high[:-1], at_high[1:])
    place = np.floor((x - left) / (right - left) * columns).astype(np.int64)
    place[x == right] = columns - 1
    inside = (place >= 0) & (place < columns)
    np.fmin.at(bottom, place[inside], low[inside])
    np.fmax.at(top, place[inside], high[inside])
    return bottom, top
