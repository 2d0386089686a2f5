"""What lies near a point of the latent plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.runs.class_probe import ClassProbe
from aetui.runs.latent_map import LatentMap

NEAREST: Final = 8
DENSITY_RADIUS: Final = 0.25  # standard deviations of the codes
FAR_OFF: Final = 4.0  # radii from every code: what is nearest there says nothing
SAMPLED: Final = 400  # points among which the densest place is looked for


@dataclass(frozen=True)
class Neighbourhood:
    """The nearest test images, nearest first, and how dense the plane is here."""

    nearest: tuple[int, ...]  # their numbers; none where all are far off
    labels: tuple[int, ...]
    reads_as: int  # the label that most of the codes around it have
    share: float  # how many of them, 0 to 1
    density: float  # codes within a radius, as a share of those at the densest place: 0 to 1


class Neighbours:
    """Finds what lies near. For 5,000 codes a search through all of them takes microseconds."""

    def __init__(self, latent: LatentMap) -> None:
        points = latent.points
        self._points, self._labels, self._basis = points, latent.labels, latent.basis
        self._probe = ClassProbe(latent.codes, latent.labels)
        deviation = float(points.std()) if len(points) else 1.0
        self._radius = max(deviation * DENSITY_RADIUS, 1e-9)
        sample = points[:: max(1, len(points) // SAMPLED)]
        self._densest = max((self._count(self._squares(*point)) for point in sample), default=1)

    def at(self, code: NDArray[np.float32]) -> Neighbourhood:
        """What lies near a code [latent_dim]: on the plane, but for the class that it reads as."""
        squares = self._squares(*self._basis.points(code[None])[0].tolist())
        shares = self._probe.shares(code[None])[0]
        reads_as = int(shares.argmax())
        count = min(NEAREST, len(squares))
        nearest = np.argpartition(squares, count - 1)[:count] if count else np.array([], np.int64)
        nearest = nearest[np.argsort(squares[nearest])]
        if count and squares[nearest[0]] > (FAR_OFF * self._radius) ** 2:
            nearest = nearest[:0]
        density = min(1.0, self._count(squares) / max(1, self._densest))
        labels = self._labels[nearest].tolist()
        return Neighbourhood(
            tuple(nearest.tolist()), tuple(labels), reads_as, float(shares[reads_as]), density
        )

    def _squares(self, x: float, y: float) -> NDArray[np.float32]:
        offsets = self._points - np.array([x, y], np.float32)
        return np.asarray((offsets**2).sum(1), np.float32)

    def _count(self, squares: NDArray[np.float32]) -> int:
        return int((squares < self._radius**2).sum())
