"""Numbers of any type as grey values of 0 to 255. Nothing is clipped."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.ml.data.images import Pixels

DARK: Final = 32  # images whose bytes stay below it look black: masks, or 12 bits read as 16
FEW: Final = 64  # bytes that stay below it are not greys but counts: masks, 0..16


def black_and_white(lowest: float, highest: float, *, whole: bool) -> tuple[float, float]:
    """The values that black and white stand for, among values of that range.

    Whole numbers that fill more than half of some bits span all of these: 12 bits in a file of 16
    are not dark. Numbers with fractions are taken for 0..1 or 0..255 where that fits.
    """
    if lowest < 0:
        return lowest, highest
    if whole:
        return 0.0, float(2 ** int(highest).bit_length() - 1 if highest >= FEW else highest)
    for full in (1.0, 255.0):
        if full / 2 < highest <= full:
            return 0.0, full
    return 0.0, highest


def to_bytes(values: NDArray[Any], black: float, white: float) -> Pixels:
    """`values` with `black` as 0 and `white` as 255, rounded."""
    extent = white - black
    share = (values.astype(np.float32) - black) / (extent if extent > 0 else 1.0)
    rounded: Pixels = np.rint(share.clip(0, 1) * 255).astype(np.uint8)
    return rounded


def scaled(values: NDArray[Any]) -> Pixels:
    """An array of any numbers as bytes. Values that are not finite become the lowest that is.

    `ValueError` where no value is finite.
    """
    if values.dtype == np.bool_:
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype == np.uint8 and values.max(initial=0) >= FEW:
        return values
    whole = values.dtype.kind in "iu"
    lowest, highest = finite_range(values)
    if not whole:
        values = np.nan_to_num(values, nan=lowest, posinf=highest, neginf=lowest)
    return to_bytes(values, *black_and_white(lowest, highest, whole=whole))


def brighten(images: Pixels) -> tuple[Pixels, str]:
    """`images` spread over the whole range if all are nearly black, and a note that says so."""
    highest = int(images.max(initial=0))
    if not 0 < highest < DARK:
        return images, ""
    table = np.rint(np.arange(256).clip(0, highest) * (255 / highest)).astype(np.uint8)
    return table[images], f"values of 0 to {highest} spread to 255"


def finite_range(values: NDArray[Any]) -> tuple[float, float]:
    """(lowest, highest) of the finite values; `ValueError` where there is none."""
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError("no value is a finite number")
    return float(values.min()), float(values.max())
