"""Pixels to the few colours that are sent, so that a walk over the plane repaints few cells.

A colour is a code: a number of the 256-colour palette, or TRUE_COLOUR and 24 bits. A code that is
shown already stays for as long as it is nearly right (hysteresis): most pixels change by less than
a level with a step, and every cell that changes is sent.

Measured on walks through VAEs of photos and of coloured digits, 28x28 and 64x64, as bytes per step
over those of the same images in grey: 240 palette colours 0.8 to 1.0 times (23 to 26 dB), 10 levels
per channel in 24 bits 1.5 to 2.4 times (28 dB), 12 levels 1.8 to 3.0 times (30 dB).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol

import numpy as np
import textual.color
from numpy.typing import NDArray
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet

Pixels = NDArray[np.uint8]
"""A picture, uint8 [C, H, W] with one or three channels."""
Codes = NDArray[np.int32]
"""The code of each pixel, [H, W]."""

TRUE_COLOUR: Final = 1 << 24
GREYS: Final = 25  # black and the 24 greys of the 256-colour palette
GREY_HYSTERESIS: Final = 1.0  # levels; rounding alone is half a level off
CHANNEL_LEVELS: Final = 10
CHANNEL_HYSTERESIS: Final = 0.75  # levels
PALETTE_HYSTERESIS: Final = 10.0  # distance in RGB beyond that of the nearest colour
CUBE: Final = np.array([0, 95, 135, 175, 215, 255], np.int16)  # of the 256-colour palette
FIRST_GREY: Final = 232  # of the palette: grey n is 8 + 10 n
LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def luminance(picture: Pixels) -> NDArray[np.float32]:
    """The brightness of each pixel, float32 [H, W] in 0..255."""
    weights = LUMINANCE if len(picture) == 3 else np.ones(1, np.float32)
    return np.asarray(np.tensordot(weights, picture, 1), np.float32)


class Quantiser(Protocol):
    """Turns pictures into codes, and remembers the last for the next."""

    def __call__(self, picture: Pixels) -> Codes:
        """The picture's codes; they hang on to those of the picture before it, if of its size."""
        ...


class Greys:
    """One channel in the palette's greys, which take fewer bytes than 24-bit colours."""

    def __init__(self) -> None:
        self._levels: Pixels | None = None

    def __call__(self, picture: Pixels) -> Codes:
        exact = picture[0] * np.float32((GREYS - 1) / 255)
        self._levels = _hold(exact, self._levels, GREY_HYSTERESIS)
        return _GREY_CODES[self._levels]


class Channels:
    """Three channels in CHANNEL_LEVELS levels each, as 24-bit colours."""

    def __init__(self) -> None:
        self._levels: Pixels | None = None

    def __call__(self, picture: Pixels) -> Codes:
        exact = picture * np.float32((CHANNEL_LEVELS - 1) / 255)
        self._levels = _hold(exact, self._levels, CHANNEL_HYSTERESIS)
        red, green, blue = _CHANNEL_VALUES[self._levels]
        return np.asarray(TRUE_COLOUR + (red << 16 | green << 8 | blue), np.int32)


class Palette:
    """Three channels in the nearest of the palette's colours that every terminal has alike."""

    def __init__(self) -> None:
        self._codes: Codes | None = None

    def __call__(self, picture: Pixels) -> Codes:
        cube = _NEAREST_IN_CUBE[picture]
        grey = _NEAREST_GREY[np.rint(picture.mean(0)).astype(np.uint8)]
        in_cube, in_grey = _distance(picture, CUBE[cube]), _distance(picture, 8 + 10 * grey)
        number = 16 + 36 * cube[0] + 6 * cube[1] + cube[2]
        codes = np.asarray(np.where(in_cube <= in_grey, number, FIRST_GREY + grey), np.int32)
        if self._codes is not None and self._codes.shape == codes.shape:
            error = _distance(picture, PALETTE_VALUES[self._codes].transpose(2, 0, 1))
            nearly = error <= np.minimum(in_cube, in_grey) + PALETTE_HYSTERESIS
            codes = np.asarray(np.where(nearly, self._codes, codes), np.int32)
        self._codes = codes
        return codes


def quantiser(channels: int, *, true_colour: bool) -> Quantiser:
    """What suits pictures of so many channels on a terminal with 24-bit or with 256 colours."""
    if channels == 1:
        return Greys()
    return Channels() if true_colour else Palette()


@lru_cache(16384)
def colour(code: int) -> Color:
    """The colour of a code.

    One of the palette carries its number, which takes fewer bytes than 24 bits, and the triplet,
    without which Textual would turn it into one.
    """
    if code >= TRUE_COLOUR:
        return Color.from_rgb(code >> 16 & 255, code >> 8 & 255, code & 255)
    triplet = ColorTriplet(*PALETTE_VALUES[code].tolist())
    return Color(f"palette{code}", ColorType.EIGHT_BIT, code, triplet)


def nearest_grey(ground: textual.color.Color, share: float) -> Color:
    """The palette's grey that lies a `share` of the way from `ground` to its opposite."""
    brightness = ground.brightness * 255
    value = brightness + (share if brightness < 128 else -share) * 255
    return colour(FIRST_GREY + int(_NEAREST_GREY[round(min(255, max(0, value)))]))


def _hold(exact: NDArray[np.float32], shown: Pixels | None, hysteresis: float) -> Pixels:
    """The levels nearest to `exact`, or those `shown` where they are no more than that far off."""
    levels = np.rint(exact).astype(np.uint8)
    if shown is None or shown.shape != levels.shape:
        return levels
    return np.asarray(np.where(np.abs(exact - shown) <= hysteresis, shown, levels), np.uint8)


def _distance(picture: Pixels, other: NDArray[np.int16]) -> NDArray[np.float32]:
    squares = np.square(picture - other.astype(np.float32))
    return np.asarray(np.sqrt(squares.sum(0)), np.float32)


def _nearest(values: NDArray[np.int16]) -> NDArray[np.int16]:
    """For each of 0..255 the place of the nearest of `values`."""
    distances = np.abs(np.arange(256)[:, None] - values)
    return np.asarray(distances.argmin(1), np.int16)


def _palette_values() -> NDArray[np.int16]:
    """The colours of the 256-colour palette, [256, 3]; its first 16 differ between terminals."""
    values = np.zeros((256, 3), np.int16)
    values[16:232] = np.stack(np.meshgrid(CUBE, CUBE, CUBE, indexing="ij"), -1).reshape(-1, 3)
    values[232:] = (8 + 10 * np.arange(24))[:, None]
    return values


PALETTE_VALUES: Final = _palette_values()
_NEAREST_IN_CUBE: Final = _nearest(CUBE)
_NEAREST_GREY: Final = _nearest((8 + 10 * np.arange(24)).astype(np.int16))
_GREY_CODES: Final = np.array([16, *range(FIRST_GREY, 256)], np.int32)
_CHANNEL_VALUES: Final = np.rint(np.linspace(0, 255, CHANNEL_LEVELS)).astype(np.int32)
