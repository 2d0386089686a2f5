"""A small histogram of block characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BARS: Final = " ▁▂▃▄▅▆▇█"
OUTERMOST: Final = 0.005  # share of the values, at each end, that lies in the outermost bars
NARROWEST: Final = 1e-6


@dataclass(frozen=True)
class Histogram:
    """Lines of bars from the top down, what they span, and the column of the value looked at."""

    lines: tuple[str, ...]
    low: float
    high: float
    column: int


def histogram(values: NDArray[np.float32], value: float, columns: int, rows: int) -> Histogram:
    """How `values` [N] are distributed, with `value` among them, in so many cells."""
    low, high = np.quantile(values, [OUTERMOST, 1 - OUTERMOST]).tolist()
    width = max(high - low, NARROWEST) / columns

    def column_of(numbers: NDArray[np.float32]) -> NDArray[np.int64]:
        places = np.floor((numbers - low) / width)
        return np.asarray(np.clip(places, 0, columns - 1), np.int64)

    counts = np.bincount(column_of(values), minlength=columns)
    eighths = np.ceil(counts / counts.max() * rows * (len(BARS) - 1)).astype(int)
    lines = []
    for row in range(rows - 1, -1, -1):
        filled = np.clip(eighths - row * (len(BARS) - 1), 0, len(BARS) - 1)
        lines.append("".join(BARS[eighth] for eighth in filled.tolist()))
    place = int(column_of(np.array([value], np.float32))[0])
    return Histogram(tuple(lines), low, high, place)
