"""Images of any size and kind as one array: scale, ground, colours and canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aetui.config import SMALLEST_SIDE, DataOptions, ImageShape
from aetui.ml.data.images import Pixels
from aetui.ml.data.picture import LANCZOS, LIMIT, Picture, Size, fit
from aetui.ml.data.scales import Scale
from aetui.ml.data.values import to_bytes

FAINT: Final = 48.0  # of 255: an image that differs less from its ground cannot be seen
RARE: Final = 0.02  # share of the images: one large sheet of icons does not decide the size
LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Rules:
    """What images become. Decided from all of a set, applied to each."""

    shape: ImageShape
    ground: int = 0  # behind transparent parts: 0 black, 255 white

    @property
    def canvas(self) -> Size:
        return self.shape.width, self.shape.height


def make_rules(pictures: Sequence[Picture], options: DataOptions) -> Rules:
    """The rules that suit all of `pictures` and what a person asked for."""
    width, height = options.size or _common_canvas(pictures)
    colour = any(picture.pixels.shape[2] >= 3 for picture in pictures)
    shape = ImageShape(options.channels or (3 if colour else 1), height, width)
    return Rules(shape.check(), _ground(pictures))


def _common_canvas(pictures: Sequence[Picture]) -> Size:
    """As large as the largest image but for RARE ones, and no larger than LIMIT."""
    shapes = np.array([picture.pixels.shape[:2] for picture in pictures])
    largest = np.sort(shapes, axis=0)[-1 - int(len(shapes) * RARE)]
    height, width = largest.clip(SMALLEST_SIDE, LIMIT).tolist()
    return width, height


def _ground(pictures: Sequence[Picture]) -> int:
    """Black or white: the one that the transparent images stand out from more."""
    inks = [ink for picture in pictures if (ink := ink_luminance(picture.pixels)) is not None]
    return 255 if inks and sum(inks) / len(inks) < 255 / 2 else 0


def ink_luminance(pixels: NDArray[Any]) -> float | None:
    """The mean grey value of the opaque parts; None where there are none, or all is opaque."""
    if pixels.shape[2] not in (2, 4):
        return None
    alpha = pixels[:, :, -1].astype(np.float32)
    colour = pixels[:, :, :-1]
    grey = colour @ LUMINANCE if colour.shape[2] == 3 else colour[:, :, 0]
    total = float(alpha.sum())
    return float((grey * alpha).sum()) / total if total else None


def compose(
    pictures: Sequence[Picture], rules: Rules, scales: Sequence[Scale] | None = None
) -> Pixels:
    """uint8 [N, C, H, W]. `scales` has the scale of each picture, where some are deep."""
    images = np.empty((len(pictures), *rules.shape.sizes), np.uint8)
    for number, picture in enumerate(pictures):
        pixels = picture.pixels
        if picture.depth and scales is not None:
            pixels = to_bytes(pixels, *scales[number])
        images[number] = _placed(pixels, picture.size, rules).transpose(2, 0, 1)
    return images


def _placed(pixels: Pixels, size: Size, rules: Rules) -> Pixels:
    """[H, W, C] of an image of that size on its canvas, padded with the colour of its border."""
    pixels = _on_ground(pixels, rules)
    if pixels.shape[2] != rules.shape.channels:  # grey in a set of colours
        pixels = np.repeat(pixels, rules.shape.channels, axis=2)
    width, height = wanted = fit(size, rules.canvas)
    if (pixels.shape[1], pixels.shape[0]) != wanted:
        pixels = resize(pixels, wanted)
    if wanted == rules.canvas:
        return pixels
    canvas = np.empty((rules.shape.height, rules.shape.width, pixels.shape[2]), np.uint8)
    canvas[:] = border_colour(pixels)
    top, left = (rules.shape.height - height) // 2, (rules.shape.width - width) // 2
    canvas[top : top + height, left : left + width] = pixels
    return canvas


def _on_ground(pixels: Pixels, rules: Rules) -> Pixels:
    """`pixels` without transparency. An image that would vanish on it gets the other ground."""
    ink = ink_luminance(pixels)
    if pixels.shape[2] not in (2, 4):
        return pixels
    ground = rules.ground
    if ink is not None and abs(ink - ground) < FAINT:
        ground = 255 - ground
    alpha = pixels[:, :, -1:].astype(np.float32) / 255
    flat = np.rint(pixels[:, :, :-1] * alpha + ground * (1 - alpha)).astype(np.uint8)
    if flat.shape[2] == 3 and rules.shape.channels == 1:
        return np.asarray(Image.fromarray(flat).convert("L"))[:, :, None]
    return flat


def resize(pixels: Pixels, size: Size) -> Pixels:
    """[H, W, C] of 1 or 3 channels at another size."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    resized = np.asarray(image.resize(size, LANCZOS))
    with_bands: Pixels = resized[:, :, None] if resized.ndim == 2 else resized
    return with_bands


def border_colour(pixels: Pixels) -> Pixels:
    """The median of the outermost pixels, for each channel."""
    edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    median: Pixels = np.median(np.concatenate(edges), axis=0).astype(np.uint8)
    return median


def fitted_canvas(size: Size) -> Size:
    """The canvas for images that all have `size`: scaled to LIMIT where they are larger."""
    width, height = size if max(size) <= LIMIT else fit(size, (LIMIT, LIMIT))
    return max(SMALLEST_SIDE, width), max(SMALLEST_SIDE, height)
