"""picture: a file of a person's own, as an image of the shape that the run takes."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from aetui.config import ImageShape
from aetui.errors import BadInput, printable
from aetui.ml.answers.context import Context, Reply, run_of
from aetui.protocol import Packet
from aetui.runs.directory import read_config


def picture(_context: Context, request: Packet) -> Reply:
    """path -> image uint8 [C, H, W]: fitted in whole, on black."""
    path = Path(request.header["path"])
    shape = read_config(run_of(request)).image_shape
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return {}, {"image": _fitted(ImageOps.exif_transpose(image), shape)}
    except Exception as error:  # noqa: BLE001  Pillow's decoders raise anything on damaged files
        reason = getattr(error, "strerror", None) or printable(str(error), 120)
        shown = printable(str(path), 80)
        raise BadInput(f"{shown} cannot be opened ({reason}). Give a PNG or JPEG file.") from None


def _fitted(image: Image.Image, shape: ImageShape) -> np.ndarray:
    rgba = image.convert("RGBA")
    black = Image.new("RGBA", rgba.size, "black")
    mode = "L" if shape.channels == 1 else "RGB"
    flat = Image.alpha_composite(black, rgba).convert(mode)
    padded = ImageOps.pad(flat, (shape.width, shape.height), Image.Resampling.LANCZOS)
    pixels = np.asarray(padded, np.uint8).reshape(shape.height, shape.width, shape.channels)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))
