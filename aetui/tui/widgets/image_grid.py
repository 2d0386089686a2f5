"""Images at the size at which they are drawn, alone or many in one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aetui.config import ImageShape

Images = NDArray[np.uint8]
"""uint8 [..., C, H, W]."""


@dataclass(frozen=True)
class DrawnSize:
    """An image as it is drawn: its sides in pixels, and how many columns a pixel takes."""

    height: int
    width: int
    scale: int = 1

    @property
    def columns(self) -> int:
        return self.width * self.scale

    @property
    def rows(self) -> int:
        """Half a row is as high as a column is wide."""
        return (self.height * self.scale + 1) // 2


def fit(shape: ImageShape, columns: int, rows: int) -> DrawnSize:
    """The largest size in that many cells: grown by a whole factor, or shrunk in proportion."""
    room_height, room_width = max(1, rows) * 2, max(1, columns)
    factor = min(room_height / shape.height, room_width / shape.width)
    if factor >= 1:
        return DrawnSize(shape.height, shape.width, int(factor))
    height, width = round(shape.height * factor), round(shape.width * factor)
    return DrawnSize(max(1, height), max(1, width))


def shrink(images: Images, drawn: DrawnSize) -> Images:
    """`images` with the sides of `drawn`, by area averaging."""
    size = drawn.height, drawn.width
    if images.shape[-2:] == size:
        return images
    # All in one, one below the other: where an image ends, an area of the average ends, too.
    planes = Image.fromarray(images.reshape(-1, images.shape[-1]))
    height = planes.height // images.shape[-2] * drawn.height
    resized = planes.resize((drawn.width, height), Image.Resampling.BOX)
    return np.asarray(resized).reshape(*images.shape[:-2], *size)


def picture_image(image: Images, opaque: NDArray[np.bool_] | None = None) -> Image.Image:
    """[C, H, W] as an image of Pillow's; where it is not `opaque` [H, W], the ground shows."""
    if opaque is not None:
        image = np.concatenate([image, np.where(opaque, np.uint8(255), np.uint8(0))[None]])
    values = np.ascontiguousarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
    return Image.fromarray(values)


def grid(images: Images, gap: int = 0) -> Image.Image:
    """[rows, columns, C, H, W] as one image, `gap` transparent pixels between them."""
    rows, columns, channels, height, width = images.shape
    padded = np.zeros((rows, columns, channels, height + gap, width + gap), np.uint8)
    padded[..., :height, :width] = images
    laid = padded.transpose(2, 0, 3, 1, 4)
    laid = laid.reshape(channels, rows * (height + gap), columns * (width + gap))
    pixels = laid[:, : laid.shape[1] - gap, : laid.shape[2] - gap]
    if not gap:
        return picture_image(pixels)
    across = np.arange(pixels.shape[2]) % (width + gap) < width
    down = np.arange(pixels.shape[1]) % (height + gap) < height
    return picture_image(pixels, down[:, None] & across)
