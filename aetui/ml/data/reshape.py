"""A set of images of one size as one of another size, or with other channels."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from aetui.config import DataOptions, ImageShape
from aetui.ml.data.compose import Rules, compose, fitted_canvas
from aetui.ml.data.images import ImageSet, Pixels
from aetui.ml.data.picture import Picture


def reshape(images: ImageSet, options: DataOptions) -> ImageSet:
    """`images` in the size and with the channels that `options` ask for, or that aetui can use.

    The note begins with these.
    """
    channels, height, width = images.train.shape[1:]
    canvas = options.size or fitted_canvas((width, height))
    shape = ImageShape(options.channels or channels, canvas[1], canvas[0])
    note = f"{canvas[0]}x{canvas[1]} {'colour' if shape.channels == 3 else 'grey'}"
    note = f"{note}, fitted from {width}x{height}" if canvas != (width, height) else note
    said = dataclasses.replace(images, note=", ".join(filter(None, [note, images.note])))
    if shape.sizes == (channels, height, width):
        return said
    train, test = _reshaped(images.train, shape), _reshaped(images.test, shape)
    return dataclasses.replace(said, train=train, test=test)


def _reshaped(images: Pixels, shape: ImageShape) -> Pixels:
    _, channels, height, width = images.shape
    flat = images.transpose(0, 2, 3, 1)
    if shape.channels == 1 and channels == 3:
        grey = [
            np.asarray(Image.fromarray(np.ascontiguousarray(each)).convert("L")) for each in flat
        ]
        flat = np.stack(grey)[..., None]
    pictures = [Picture(np.ascontiguousarray(each), (width, height)) for each in flat]
    return compose(pictures, Rules(shape))
