"""How far a step over the plane goes: as far as suits the plane, until a person chooses."""

from __future__ import annotations

from typing import Final

from aetui.processes.snapshots import PlaneMap
from aetui.runs.directory import RunIdentity
from aetui.tui.widgets.plane import round_step

FIRST: Final = 0.1  # crosses a plane of +-3, the usual one, in 60 steps
USUAL_WIDTHS: Final = 0.1, 100.0  # of planes that keep it; on others as many steps cross
RANGE: Final = 10  # how many times finer or coarser than the first a step can be


class StepSize:
    """1, 2 or 5 times a power of ten, in the units of the plane."""

    def __init__(self) -> None:
        self.value = FIRST
        self._chosen_for: RunIdentity | None = None  # the run for which a person chose it

    def fit(self, plane: PlaneMap) -> None:
        """Suit this plane, unless the step was chosen for its run."""
        if self._chosen_for != plane.identity:
            self.value = _first(plane)

    def change(self, direction: int, plane: PlaneMap | None) -> bool:
        """A bigger or a smaller step; whether there is one."""
        first = FIRST if plane is None else _first(plane)
        step = round_step(self.value * (1.5 if direction > 0 else 0.4))
        if max(step, first) > RANGE * 1.01 * min(step, first):  # a hundredth for rounding
            return False
        self.value = step
        self._chosen_for = plane.identity if plane is not None else None
        return True


def _first(plane: PlaneMap) -> float:
    left, right, *_ = plane.latent.span
    narrowest, widest = USUAL_WIDTHS
    if narrowest <= right - left <= widest:
        return FIRST
    return round_step((right - left) * FIRST / 6)
