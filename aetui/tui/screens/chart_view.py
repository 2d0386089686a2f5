"""How a person looks at curves: which, over what, how close. Works without a screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from aetui.tui.screens.run_curves import AXES, HALF_LIVES, LOSS, USUAL_HALF_LIFE, Axis, Part

Parts = Literal["usual", "both", "test", "train"]
PARTS: Final[tuple[Parts, ...]] = ("usual", "test", "train", "both")
CLOSEST: Final = 1e-4  # share of the whole axis that can still be zoomed into


@dataclass(frozen=True)
class ChartView:
    """What is chosen. Places are in epochs, steps or seconds, as the axis is."""

    quantity: str = LOSS
    axis: Axis = "epoch"
    log: bool = False
    is_smoothed: bool = True
    half_life: float = USUAL_HALF_LIFE  # as a share of the longest curve
    parts: Parts = "usual"
    span: tuple[float, float] | None = None  # None: all
    cursor: float | None = None

    def shown_parts(self, runs: int) -> tuple[Part, ...]:
        """Which of the curves of that many runs are drawn: of several usually the tests'."""
        parts = self.parts
        if parts == "usual":
            parts = "both" if runs == 1 else "test"
        return ("train", "test") if parts == "both" else (parts,)

    def with_next_axis(self) -> ChartView:
        """Over the next axis; places on the old one mean nothing there."""
        return replace(
            self, span=None, cursor=None, axis=AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        )

    def with_next_parts(self) -> ChartView:
        return replace(self, parts=PARTS[(PARTS.index(self.parts) + 1) % len(PARTS)])

    def smoother(self, direction: int) -> ChartView:
        """With the next longer or shorter half-life."""
        place = HALF_LIVES.index(self.half_life) + direction
        chosen = HALF_LIVES[max(0, min(place, len(HALF_LIVES) - 1))]
        return replace(self, is_smoothed=True, half_life=chosen)

    def zoomed(self, factor: float, around: float | None, end: float) -> ChartView:
        """`factor` times as close, what is at `around` staying where it is."""
        left, right = self.span or (0.0, end)
        inside = around is not None and left <= around <= right
        middle = around if inside and around is not None else (left + right) / 2
        left, right = (middle + (side - middle) / factor for side in (left, right))
        width = min(right - left, end)
        if width < CLOSEST * end:
            return self
        left = max(0.0, min(left, end - width))
        return self._over(left, left + width, end)

    def panned(self, distance: float, end: float) -> ChartView:
        """Moved to the right by `distance`."""
        if self.span is None:
            return self
        left, right = self.span
        distance = max(-left, min(distance, end - right))
        return self._over(left + distance, right + distance, end)

    def _over(self, left: float, right: float, end: float) -> ChartView:
        is_all = right - left >= end * (1 - 1e-9)
        return replace(self, span=None if is_all else (left, right))

    def pointed(self, x: float, end: float) -> ChartView:
        """With the cursor there, and the curves moved where that is outside."""
        x = max(0.0, min(x, end))
        view = replace(self, cursor=x)
        if self.span is None:
            return view
        left, right = self.span
        return view.panned(min(0.0, x - left) + max(0.0, x - right), end)
