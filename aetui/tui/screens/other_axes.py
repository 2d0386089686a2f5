"""The coordinates of a point that the shown plane leaves out: their values, and which is moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from aetui.runs.basis import Basis, Floats, axes_basis
from aetui.tui.widgets.readout import Line

HEADING: Final = "other axes"
NAME: Final = 5  # columns
VALUE: Final = 6


def plain_basis(latent_dim: int) -> Basis:
    """The latent axes as they come, for a run without a map."""
    return axes_basis(np.zeros((1, latent_dim), np.float32), np.zeros(0, np.float32), (0, 1))


class OtherAxes:
    """A place along each coordinate but the first two, in the order of the basis."""

    def __init__(self) -> None:
        self.basis = plain_basis(2)
        self._values = np.zeros(0, np.float32)  # [latent_dim - 2]
        self._chosen = ""  # the name of the coordinate that is moved

    def fits(self, basis: Basis) -> bool:
        """Whether that is a latent space of the same width."""
        return len(basis.names) == len(self.basis.names)

    def meet(self, basis: Basis, point: tuple[float, float]) -> tuple[float, float]:
        """Another map of the run: `point` in its coordinates; the code stays the same."""
        if basis.names == self.basis.names:
            self.basis = basis
            return point
        return self.take(basis, self.codes_at(np.array([point], np.float32))[0])

    def start(self, basis: Basis, values: Floats) -> None:
        """Another run, or the plane that its screens begin with: `values` [latent_dim - 2]."""
        self.basis, self._values = basis, values.copy()

    def take(self, basis: Basis, code: Floats) -> tuple[float, float]:
        """Keep what a code [latent_dim] has beside the plane; its point on the plane."""
        x, y, *others = basis.coordinates(code[None])[0].tolist()
        self.basis, self._values = basis, np.array(others, np.float32)
        return x, y

    def codes_at(self, points: Floats) -> Floats:
        """The codes [N, latent_dim] of points [N, 2] of the plane through the current point."""
        others = np.tile(self._values, (len(points), 1))
        return self.basis.codes(np.concatenate([points, others], 1))

    @property
    def count(self) -> int:
        return len(self._values)

    @property
    def _place(self) -> int:
        """Of the one that is moved, among the others."""
        names = self.basis.names[2:]
        return names.index(self._chosen) if self._chosen in names else 0

    def choose(self, direction: int) -> None:
        """Move the next of them from now on."""
        if self.count:
            self._chosen = self.basis.names[2 + (self._place + direction) % self.count]

    def move(self, distance: float) -> None:
        if self.count:
            self._values[self._place] = round(float(self._values[self._place]) + distance, 6)

    def line(self) -> Line:
        """The one that is moved."""
        name, value, carried = self._texts(self._place)
        return [
            (f"{name} ", "muted"),
            (value, "strong"),
            (f"  {carried} {self.basis.unit}", "plain"),
            (f" · {self._place + 1}/{self.count} others", "muted"),
        ]

    def lines(self, rows: int) -> Sequence[Line]:
        """As many of them as fit, in 19 columns, below a heading; that which is moved is marked."""
        if not self.count:
            return []
        shown = max(1, rows - 1)
        first = max(0, min(self._place - shown // 2, self.count - shown))
        lines: list[Line] = [[(f" {HEADING} {self.basis.unit:>6}", "muted")]]
        for place in range(first, min(self.count, first + shown)):
            name, value, carried = self._texts(place)
            is_moved = place == self._place
            lines.append(
                [
                    ("›" if is_moved else " ", "strong"),
                    (f"{name:<{NAME}}", "plain" if is_moved else "muted"),
                    (f"{value:>{VALUE}}", "strong" if is_moved else "plain"),
                    (f"{carried:>6}", "muted"),
                ]
            )
        return lines

    def _texts(self, place: int) -> tuple[str, str, str]:
        name, carried = self.basis.names[2 + place], float(self.basis.carried[2 + place])
        return name, f"{float(self._values[place]) + 0.0:+.2f}", f"{carried:.2f}"
