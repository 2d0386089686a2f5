"""Routes over the latent plane, and how far a walk along one has come."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SPEEDS: Final = (1, 2, 4, 8, 16, 30)  # points a second
FIRST_SPEED: Final = 3  # index into SPEEDS
MOST_POINTS: Final = 600  # of one straight part of a route
REST: Final = 6  # points that a walk stays at a stop


@dataclass(frozen=True)
class Route:
    """The points of a walk [N, 2], its stops [M, 2], and the stop that each point belongs to."""

    name: str
    points: Floats
    stops: Floats
    at_stop: tuple[int, ...]


def straight(start: Floats, end: Floats, step: float) -> Floats:
    """Points [N, 2] from `start` to `end`, both included, about a `step` apart."""
    distance = float(np.hypot(*(end - start)))
    count = min(MOST_POINTS, max(1, math.ceil(distance / step)))
    return np.linspace(start, end, count + 1, dtype=np.float32)


def there_and_back(start: Floats, mark: Floats, step: float, stops: int) -> Route:
    """The straight path to the mark and back again, with `stops` points spread over it."""
    there = straight(start, mark, step)
    there = np.concatenate([there, np.repeat(there[-1:], REST, 0)])
    places = np.rint(np.linspace(0, stops - 1, len(there) - REST)).astype(int).tolist()
    places += [stops - 1] * REST
    spread = np.linspace(start, mark, stops, dtype=np.float32)
    return Route("to A", np.concatenate([there, there[::-1]]), spread, (*places, *places[::-1]))


def tour(start: Floats, centres: Floats, step: float) -> Route:
    """From `start` to each centre, always the nearest of those left, with a rest at each."""
    here, left = start, list(range(len(centres)))
    parts: list[Floats] = []
    order: list[int] = []
    places: list[int] = []
    while left:
        nearest = min(left, key=lambda number: float(np.hypot(*(centres[number] - here))))
        left.remove(nearest)
        part = straight(here, centres[nearest], step)
        part = np.concatenate([part, np.repeat(part[-1:], REST, 0)])
        parts.append(part)
        places += [len(order)] * len(part)
        order.append(nearest)
        here = centres[nearest]
    return Route("tour", np.concatenate(parts), centres[order], tuple(places))


def class_centres(points: Floats, labels: NDArray[np.int64], hidden: frozenset[int]) -> Floats:
    """The median of the points of each class that is shown, [classes, 2]."""
    shown = [label for label in np.unique(labels).tolist() if label not in hidden]
    centres = [np.median(points[labels == label], 0) for label in shown]
    return np.array(centres, np.float32).reshape(-1, 2)


@dataclass
class Walk:
    """A walk along a route."""

    route: Route
    place: int = 0
    paused: bool = False

    @property
    def point(self) -> tuple[float, float]:
        x, y = self.route.points[self.place].tolist()
        return x, y

    @property
    def stop(self) -> int:
        return self.route.at_stop[self.place]

    def advance(self) -> bool:
        """Go to the next point; False at the end."""
        if self.place + 1 >= len(self.route.points):
            return False
        self.place += 1
        return True
