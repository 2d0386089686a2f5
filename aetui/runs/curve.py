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
        # Lists of numbers, of which tuples are made far faster than of Places.
        self._epochs: list[float] = []
        self._steps: list[float] = []
        self._seconds: list[float] = []
        self._y: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._stride = 1
        self._waiting: list[float] = []  # figures for the next point
        self._waits_at = Place(0.0, 0.0, 0.0)
        self._snapshot: CurveSnapshot | None = None

    def add(self, place: Place, y: float) -> None:
        """Append a point."""
        if self._epochs and place.epoch < self._epochs[-1]:
            self.cut(place.epoch)
        self._snapshot = None
        self._waiting.append(y)
        self._waits_at = place
        if len(self._waiting) == self._stride:
            self._add_waiting()
        if len(self._epochs) == CURVE_POINTS:
            self._halve()

    def _add_waiting(self) -> None:
        """Make one point of the figures that wait."""
        place = self._waits_at
        self._epochs.append(place.epoch)
        self._steps.append(place.step)
        self._seconds.append(place.seconds)
        self._y.append(sum(self._waiting) / len(self._waiting))
        self._low.append(min(self._waiting))
        self._high.append(max(self._waiting))
        self._waiting = []

    def _halve(self) -> None:
        for places in (self._epochs, self._steps, self._seconds):
            del places[::2]
        self._y = [first / 2 + second / 2 for first, second in _pairs(self._y)]
        self._low = [min(pair) for pair in _pairs(self._low)]
        self._high = [max(pair) for pair in _pairs(self._high)]
        self._stride *= 2

    def cut(self, end: float) -> None:
        """Drop the points after epoch `end`: a resumed training takes those steps again."""
        self._snapshot = None
        self._waiting = []
        kept = len(self._epochs)
        while kept and self._epochs[kept - 1] > end:
            kept -= 1
        self._keep(kept)

    def _keep(self, count: int) -> None:
        """Drop all points but the first so many."""
        places = (self._epochs, self._steps, self._seconds)
        for column in (*places, self._y, self._low, self._high):
            del column[count:]

    def snapshot(self) -> CurveSnapshot:
        """Its points up to now."""
        if self._snapshot is None:
            waiting, complete = self._waiting, len(self._epochs)
            if waiting:
                self._add_waiting()
            self._snapshot = CurveSnapshot(
                tuple(self._epochs),
                tuple(self._y),
                tuple(self._low),
                tuple(self._high),
                tuple(self._steps),
                tuple(self._seconds),
            )
            self._keep(complete)
            self._waiting = waiting
        return self._snapshot


def _pairs(values: list[float]) -> list[tuple[float, float]]:
    return list(zip(values[::2], values[1::2], strict=True))
