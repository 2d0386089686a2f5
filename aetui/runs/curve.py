"""One figure of a training as it grew, in a bounded number of points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CURVE_POINTS: Final = 4096


@dataclass(frozen=True)
class Place:
    """Where in a training a figure belongs."""

    epoch: float
    step: float
    seconds: float  # of training, without evaluation and saves


@dataclass(frozen=True)
class CurveSnapshot:
    """The points of a curve at one moment, epochs ascending. Of a long curve each is a mean."""

    x: tuple[float, ...] = ()  # epochs
    y: tuple[float, ...] = ()
    low: tuple[float, ...] = ()  # the smallest and the largest figure that went into each point
    high: tuple[float, ...] = ()
    step: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()


class Curve:
    """A growing line, thinned to at most CURVE_POINTS points however long the training.

    Where it is thinned, neighbours become one point, with their mean, smallest and largest figure.
    """

    def __init__(self, kind: str = "") -> None:
        """`kind` is that of the records from which it comes."""
        self.kind = kind
        self._places: list[Place] = []
        self._y: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._stride = 1
        self._waiting: list[float] = []  # figures for the next point
        self._waits_at = Place(0.0, 0.0, 0.0)
        self._snapshot: CurveSnapshot | None = None

    def add(self, place: Place, y: float) -> None:
        """Append a point."""
        if self._places and place.epoch < self._places[-1].epoch:
            self.cut(place.epoch)
        self._snapshot = None
        self._waiting.append(y)
        self._waits_at = place
        if len(self._waiting) < self._stride:
            return
        self._places.append(place)
        self._y.append(sum(self._waiting) / len(self._waiting))
        self._low.append(min(self._waiting))
        self._high.append(max(self._waiting))
        self._waiting = []
        if len(self._places) == CURVE_POINTS:
            self._halve()

    def _halve(self) -> None:
        self._places = self._places[1::2]
        self._y = [first / 2 + second / 2 for first, second in _pairs(self._y)]
        self._low = [min(pair) for pair in _pairs(self._low)]
        self._high = [max(pair) for pair in _pairs(self._high)]
        self._stride *= 2

    def cut(self, end: float) -> None:
        """Drop the points after epoch `end`: a resumed training takes those steps again."""
        self._snapshot = None
        self._waiting = []
        kept = len(self._places)
        while kept and self._places[kept - 1].epoch > end:
            kept -= 1
        for column in (self._places, self._y, self._low, self._high):
            del column[kept:]

    def snapshot(self) -> CurveSnapshot:
        """Its points up to now."""
        if self._snapshot is None:
            places, y = [*self._places], [*self._y]
            low, high = [*self._low], [*self._high]
            if self._waiting:
                places.append(self._waits_at)
                y.append(sum(self._waiting) / len(self._waiting))
                low.append(min(self._waiting))
                high.append(max(self._waiting))
            self._snapshot = CurveSnapshot(
                tuple([place.epoch for place in places]),
                tuple(y),
                tuple(low),
                tuple(high),
                tuple([place.step for place in places]),
                tuple([place.seconds for place in places]),
            )
        return self._snapshot


def _pairs(values: list[float]) -> list[tuple[float, float]]:
    return list(zip(values[::2], values[1::2], strict=True))
