"""Which point of a scatter a cursor moves to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aetui.tui.widgets.plane import CELL_ASPECT, Viewport

Points = NDArray[np.float32]
"""[N, 2]."""


def of_shown_classes(labels: NDArray[np.int64], hidden: frozenset[int]) -> NDArray[np.bool_]:
    """Which codes, by their `labels` [N], are of classes that are not hidden, [N]."""
    return ~np.isin(labels, list(hidden))


def nearest_towards(
    points: Points,
    shown: NDArray[np.bool_],
    start: tuple[float, float],
    way: tuple[int, int],
    view: Viewport,
) -> int | None:
    """The nearest of the `shown` points that lies in another cell that way from `start`.

    `way` is (right, up), one of them 0. Points within 45 degrees of it come first; None where
    there is none on that side at all. Distances are those that are seen: in columns of `view`.
    """
    offsets = (points - np.array(start, np.float32)) / np.float32(view.column)
    right, up = way
    along = offsets @ np.array([right, up], np.float32)
    across = np.abs(offsets @ np.array([up, right], np.float32))
    beyond = shown & (along >= (1.0 if right else CELL_ASPECT))
    if not beyond.any():
        return None
    ahead = beyond & (across <= along)
    candidates = np.flatnonzero(ahead if ahead.any() else beyond)
    distances = along[candidates] ** 2 + across[candidates] ** 2
    return int(candidates[distances.argmin()])


def nearest_to(points: Points, shown: NDArray[np.bool_], place: tuple[float, float]) -> int | None:
    """The one of the `shown` points that is nearest to a place."""
    candidates = np.flatnonzero(shown)
    if not len(candidates):
        return None
    squares = ((points[candidates] - np.array(place, np.float32)) ** 2).sum(1)
    return int(candidates[squares.argmin()])


def nearest_codes(codes: NDArray[np.float32], code: NDArray[np.float32], count: int) -> list[int]:
    """The numbers of the `count` codes [N, latent_dim] nearest to `code`, nearest first."""
    squares = ((codes - code) ** 2).sum(1)
    count = min(count, len(codes))
    found = np.argpartition(squares, count - 1)[:count]
    nearest: list[int] = found[np.argsort(squares[found], kind="stable")].tolist()
    return nearest
